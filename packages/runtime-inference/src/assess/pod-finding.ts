import {
  type JsonObject as Json,
  type KubeObject,
  jsonList as list,
  jsonObject as object,
  jsonString as string,
} from '@kaito-sdk/core';
import { containerFinding } from './container-finding.js';
import { type Finding, failed, foremost, waiting } from './finding.js';
import { loaderFinding } from './loader-finding.js';

/**
 * What a pod says about the workload; undefined when it is ready.
 *
 * @param startupSeconds how long the startup probe of its engine waits
 */
export function podFinding(pod: KubeObject, startupSeconds: number): Finding | undefined {
  const found = inspect(object(pod.status), startupSeconds);
  return found && { ...found, message: `Pod ${pod.metadata.name}: ${found.message}` };
}

/** A pod that has ended. A Deployment makes another one in its place, and the old one may stay to be looked at. */
export function isOver(pod: KubeObject): boolean {
  const { phase } = object(pod.status);
  return phase === 'Failed' || phase === 'Succeeded';
}

function inspect(status: Json, startupSeconds: number): Finding | undefined {
  if (status.phase === 'Failed') return ended(status);
  const condition = (type: string) => list(status.conditions).find((one) => one.type === type);
  const scheduled = condition('PodScheduled');
  if (scheduled?.status === 'False') {
    return unscheduled(
      string(scheduled.reason) ?? 'Unschedulable',
      string(scheduled.message) ?? 'No node takes the pod.',
    );
  }
  const containers = [...list(status.initContainerStatuses).filter(unfinished), ...list(status.containerStatuses)];
  if (containers.length === 0) {
    return scheduled
      ? waiting('ContainerCreating', 'The node has not reported on its containers yet.')
      : waiting('Scheduling', 'The scheduler has not looked at the pod yet.');
  }
  const adapter = loaderFinding(status);
  if (adapter) return adapter;
  const found = foremost(containers.flatMap((container) => containerFinding(container, startupSeconds) ?? []));
  if (found) return found;
  return condition('Ready')?.status === 'False' ? waiting('EngineNotReady', 'The pod is not ready.') : undefined;
}

/** Init containers that did their work are no news. */
function unfinished(container: Json): boolean {
  return object(object(container.state).terminated).exitCode !== 0;
}

/** The scheduler counts its nodes by what each of them lacks. */
function unscheduled(reason: string, message: string): Finding {
  if (/Insufficient nvidia\.com\//.test(message))
    return waiting(
      reason,
      message,
      'See whether another pod holds the GPUs of these nodes, or their device plugin does not report them.',
    );
  if (/Insufficient/.test(message))
    return waiting(reason, message, 'Free what is short on the nodes, or choose a larger instance type.');
  if (/taint/.test(message)) return waiting(reason, message, 'Take the taint off the nodes of this Workspace.');
  return waiting(reason, message);
}

/** The kubelet says why it threw a pod out in words only. */
function ended(status: Json): Finding {
  const reason = string(status.reason);
  const message = string(status.message) ?? '';
  const said = `${reason ?? 'Failed'}${message ? `: ${message}` : '.'}`;
  if (/devices? unavailable|nvidia\.com\//.test(said))
    return failed(
      'GpuMissing',
      said,
      'Look at the driver and the device plugin of the node: it has no healthy GPU left for the pod.',
    );
  if (reason !== 'Evicted') return failed('PodFailed', said);
  if (/disk|ephemeral|inodes/i.test(message))
    return failed(
      'NodeDiskPressure',
      said,
      'Choose an instance type with a larger disk, or a volume that holds the weights.',
    );
  if (/memory/i.test(message))
    return failed(
      'NodeMemoryPressure',
      said,
      'Choose an instance type with more memory, or move other pods off the node.',
    );
  return failed('PodEvicted', said);
}
