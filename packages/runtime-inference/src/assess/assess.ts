import {
  type Assessment,
  type KubeObject,
  jsonList as list,
  jsonNumber as number,
  type ObservedWorkload,
  jsonObject as object,
  type Plan,
  jsonString as string,
} from '@kaito-sdk/core';
import { failed, foremost, waiting } from './finding.js';
import { isOver, podFinding } from './pod-finding.js';

/**
 * Reads from the live workloads (a Deployment, or StatefulSets) and their pods how the workload goes. `failed` means that waiting alone will not help; it may heal
 * all the same, when somebody pushes the missing image or the secret appears, so it is read anew each time.
 */
export function assess({ plan, objects, pods }: ObservedWorkload): Assessment {
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const [first] = workloads;
  if (!first || workloads.length < workloadsOf(plan)) {
    return waiting('WorkloadNotCreated', `The workload ${plan.workspace.name} does not exist yet.`);
  }
  const each = plan.nodes.pipeline ?? plan.nodes.count;
  const wanted = plan.nodes.count;
  if (workloads.every((workload) => isReady(workload, each))) return { state: 'ready' };
  const living = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const current = living.filter((pod) => !isOver(pod));
  // An evicted pod beside its successor is history; without one it is the news.
  const telling = current.length > 0 ? current : living;
  const finding = foremost(telling.flatMap((pod) => podFinding(pod, plan.engine.startupSeconds) ?? []));
  return (
    finding ?? withoutFinding(workloads.find((workload) => !isReady(workload, each)) ?? first, current.length, wanted)
  );
}

function workloadsOf({ nodes }: Plan): number {
  return nodes.pipeline === undefined ? 1 : nodes.count / nodes.pipeline;
}

/** All replicas ready, and all of them of the present template: a rollout in progress is not ready, though old pods still serve. */
function isReady(workload: KubeObject, wanted: number): boolean {
  const status = object(workload.status);
  return (
    number(status.observedGeneration) >= (workload.metadata.generation ?? 0) &&
    number(status.updatedReplicas) >= wanted &&
    number(status.readyReplicas) >= wanted &&
    number(status.replicas) <= wanted
  );
}

function withoutFinding(workload: KubeObject, pods: number, wanted: number): Assessment {
  const { kind, metadata } = workload;
  const { name } = metadata;
  const refused = list(object(workload.status).conditions).find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  if (refused && pods < wanted) {
    return failed(
      string(refused.reason) ?? 'FailedCreate',
      `The pods of ${kind} ${name} are refused: ${string(refused.message) ?? 'no reason is given'}`,
      refusalRemedy(string(refused.message) ?? ''),
    );
  }
  if (pods < wanted) return waiting('PodsMissing', `${kind} ${name} has ${pods} of ${wanted} pods.`);
  return waiting('RollingOut', `${kind} ${name} is replacing its pods by those of the present Plan.`);
}

function refusalRemedy(message: string): string {
  if (/quota/i.test(message)) return 'Raise the quota of the namespace, or free what other pods hold of it.';
  if (/PodSecurity|violates/i.test(message)) return 'Allow these pods by the policy of the namespace.';
  return 'Change what refuses them, or what it objects to.';
}
