import type { Assessment, KubeObject, ObservedWorkload } from '@kaito-sdk/core';
import { failed, foremost, waiting } from './finding.js';
import { list, number, object, string } from './json.js';
import { isOver, podFinding } from './pod-finding.js';

/**
 * Reads from the live Deployment and its pods how the workload goes. `failed` means that waiting alone will not help; it may heal
 * all the same, when somebody pushes the missing image or the secret appears, so it is read anew each time.
 */
export function assess({ plan, objects, pods }: ObservedWorkload): Assessment {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  if (!deployment) return waiting('WorkloadNotCreated', `The Deployment ${plan.workspace.name} does not exist yet.`);
  const wanted = plan.nodes.count;
  if (isReady(deployment, wanted)) return { state: 'ready' };
  const living = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const current = living.filter((pod) => !isOver(pod));
  // An evicted pod beside its successor is history; without one it is the news.
  const telling = current.length > 0 ? current : living;
  const finding = foremost(telling.flatMap((pod) => podFinding(pod) ?? []));
  return finding ?? withoutFinding(deployment, current.length, wanted);
}

/** All replicas ready, and all of them of the present template: a rollout in progress is not ready, though old pods still serve. */
function isReady(deployment: KubeObject, wanted: number): boolean {
  const status = object(deployment.status);
  return (
    number(status.observedGeneration) >= (deployment.metadata.generation ?? 0) &&
    number(status.updatedReplicas) >= wanted &&
    number(status.readyReplicas) >= wanted &&
    number(status.replicas) <= wanted
  );
}

function withoutFinding(deployment: KubeObject, pods: number, wanted: number): Assessment {
  const { name } = deployment.metadata;
  const refused = list(object(deployment.status).conditions).find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  if (refused && pods < wanted) {
    return failed(
      string(refused.reason) ?? 'FailedCreate',
      `The pods of Deployment ${name} are refused: ${string(refused.message) ?? 'no reason is given'}`,
    );
  }
  if (pods < wanted) return waiting('PodsMissing', `Deployment ${name} has ${pods} of ${wanted} pods.`);
  return waiting('RollingOut', `Deployment ${name} is replacing its pods by those of the present Plan.`);
}
