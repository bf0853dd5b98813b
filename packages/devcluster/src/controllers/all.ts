import type { Controller, ControllerContext } from './controller.js';
import { daemonSetController } from './daemon-set.js';
import { deploymentController } from './deployment.js';
import { endpointSlicesController } from './endpoint-slices.js';
import { endpointsController } from './endpoints.js';
import { garbageCollector } from './garbage-collector.js';
import { jobController } from './job.js';
import { namespaceDeletion } from './namespace-deletion.js';
import { nodeLifecycle } from './node-lifecycle.js';
import { persistentVolumes } from './persistent-volumes.js';
import { replicaSetController } from './replica-set.js';
import { scheduler } from './scheduler.js';
import { serviceAccounts } from './service-accounts.js';
import { statefulSetController } from './stateful-set.js';

/** What the controllers are told beyond their context. */
export interface ControllerSurroundings {
  /** Whether a kubelet of this cluster looks after the node. */
  readonly isServed: (node: string) => boolean;
}

/** How each controller is made, by its name. */
export const controllerFactories = {
  namespace: namespaceDeletion,
  serviceaccount: serviceAccounts,
  'garbage-collector': garbageCollector,
  endpoints: endpointsController,
  endpointslices: endpointSlicesController,
  deployment: deploymentController,
  replicaset: replicaSetController,
  statefulset: statefulSetController,
  daemonset: daemonSetController,
  job: jobController,
  persistentvolume: persistentVolumes,
  scheduler,
  'node-lifecycle': (context: ControllerContext, { isServed }: ControllerSurroundings) =>
    nodeLifecycle(context, isServed),
} as const satisfies Record<string, (context: ControllerContext, around: ControllerSurroundings) => Controller>;

/** The name of a built-in controller. */
export type ControllerName = keyof typeof controllerFactories;

/** All names, in the order in which they start. */
export const controllerNames = Object.keys(controllerFactories) as readonly ControllerName[];
