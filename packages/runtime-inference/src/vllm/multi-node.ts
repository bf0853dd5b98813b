import type { Plan } from '@kaito-sdk/core';
import type { PodParts } from '../workload/pod.js';
import { POD_INDEX_LABEL } from '../workload/service.js';
import { leaderAddress } from '../workload/stateful-set.js';
import { FILES_FOLDER } from './files.js';

export const MULTI_NODE = `${FILES_FOLDER}/kaito_multi_node.sh`;

/**
 * What the pods of one group need to be one engine: who leads, how many they are, and probes that ask each what it can know. One
 * template serves leader and workers, so the script tells them apart by the pod's number.
 */
export function multiNodePod(plan: Plan, group: string): PodParts {
  const { engine, nodes } = plan;
  if (nodes.pipeline === undefined) return {};
  const probe = (what: 'ready' | 'live') => ({ exec: { command: ['/bin/sh', MULTI_NODE, what] }, timeoutSeconds: 10 });
  return {
    env: [
      { name: 'POD_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${POD_INDEX_LABEL}']` } } },
      // Ray and vLLM tell the others the address of a network interface that they choose, and may choose wrongly.
      { name: 'VLLM_HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'KAITO_LEADER', value: leaderAddress(plan, group) },
      { name: 'KAITO_NODES', value: String(nodes.pipeline) },
      { name: 'KAITO_HEALTH', value: `http://127.0.0.1:${engine.port}${engine.healthPath}` },
    ],
    ports: [{ name: 'ray', containerPort: 6379, protocol: 'TCP' }],
    probes: {
      startupProbe: {
        ...probe('ready'),
        periodSeconds: 10,
        failureThreshold: Math.ceil(engine.startupSeconds / 10),
      },
      livenessProbe: { ...probe('live'), periodSeconds: 10, failureThreshold: 3 },
      readinessProbe: { ...probe('ready'), periodSeconds: 10, failureThreshold: 3 },
    },
  };
}
