import type { Resource } from '../resource.js';
import { admissionPolicies } from './admission-policies.js';
import {
  configMaps,
  endpoints,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podTemplates,
  resourceQuotas,
  secrets,
  serviceAccounts,
} from './core.js';
import { customResourceDefinitions } from './crd.js';
import { coreEvents, newEvents } from './events.js';
import { cronJobs, jobs } from './jobs.js';
import { otherKinds } from './others.js';
import { pods } from './pod.js';
import { services } from './service.js';
import { controllerRevisions, daemonSets, deployments, replicaSets, statefulSets } from './workloads.js';

/** Every built-in kind this server has. */
export const builtinKinds: readonly Resource[] = [
  namespaces,
  nodes,
  pods,
  services,
  endpoints,
  configMaps,
  secrets,
  coreEvents,
  newEvents,
  serviceAccounts,
  persistentVolumeClaims,
  persistentVolumes,
  resourceQuotas,
  limitRanges,
  podTemplates,
  deployments,
  replicaSets,
  statefulSets,
  daemonSets,
  controllerRevisions,
  jobs,
  cronJobs,
  customResourceDefinitions,
  ...otherKinds,
  ...admissionPolicies,
];
