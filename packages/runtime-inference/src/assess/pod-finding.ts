import type { KubeObject } from '@kaito-sdk/core';
import { containerFinding } from './container-finding.js';
import { type Finding, failed, foremost, waiting } from './finding.js';
import { type Json, list, object, string } from './json.js';
import { loaderFinding } from './loader-finding.js';

/** What a pod says about the workload; undefined when it is ready. */
export function podFinding(pod: KubeObject): Finding | undefined {
  const found = inspect(object(pod.status));
  return found && { ...found, message: `Pod ${pod.metadata.name}: ${found.message}` };
}

/** A pod that has ended. A Deployment makes another one in its place, and the old one may stay to be looked at. */
export function isOver(pod: KubeObject): boolean {
  const { phase } = object(pod.status);
  return phase === 'Failed' || phase === 'Succeeded';
}

function inspect(status: Json): Finding | undefined {
  if (status.phase === 'Failed') return ended(status);
  const condition = (type: string) => list(status.conditions).find((one) => one.type === type);
  const scheduled = condition('PodScheduled');
  if (scheduled?.status === 'False') {
    return waiting(string(scheduled.reason) ?? 'Unschedulable', string(scheduled.message) ?? 'No node takes the pod.');
  }
  const containers = [...list(status.initContainerStatuses).filter(unfinished), ...list(status.containerStatuses)];
  if (containers.length === 0) {
    return scheduled
      ? waiting('ContainerCreating', 'The node has not reported on its containers yet.')
      : waiting('Scheduling', 'The scheduler has not looked at the pod yet.');
  }
  const adapter = loaderFinding(status);
  if (adapter) return adapter;
  const found = foremost(containers.flatMap((container) => containerFinding(container) ?? []));
  if (found) return found;
  return condition('Ready')?.status === 'False' ? waiting('EngineNotReady', 'The pod is not ready.') : undefined;
}

/** Init containers that did their work are no news. */
function unfinished(container: Json): boolean {
  return object(object(container.state).terminated).exitCode !== 0;
}

/** The kubelet says why it threw a pod out in words only. */
function ended(status: Json): Finding {
  const reason = string(status.reason);
  const message = string(status.message) ?? '';
  const said = `${reason ?? 'Failed'}${message ? `: ${message}` : '.'}`;
  if (reason !== 'Evicted') return failed('PodFailed', said);
  if (/disk|ephemeral/i.test(message)) return failed('NodeDiskPressure', said);
  return failed(/memory/i.test(message) ? 'NodeMemoryPressure' : 'PodEvicted', said);
}
