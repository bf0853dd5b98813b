import type { Kind, Pod, PodTemplate } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { conditionOf } from './conditions.js';
import { controllerReference } from './ownership.js';

/** Whether the pod has ended for good. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether the pod counts as one of its owner's replicas: not ended and not being deleted. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Whether the pod's Ready condition is True. */
export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Milliseconds until the pod has been ready for `minReadySeconds`; 0 when it has, undefined while it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  return Math.max(0, Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 - now);
}

/** How many of the pods are ready and available, and when to look again. */
export function readiness(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: number,
): { ready: number; available: number; againMs: number | undefined } {
  let available = 0;
  let ready = 0;
  let againMs: number | undefined;
  for (const pod of pods) {
    const wait = untilAvailable(pod, minReadySeconds, now);
    if (wait === undefined) continue;
    ready++;
    if (wait === 0) available++;
    else againMs = Math.min(againMs ?? wait, wait);
  }
  return { ready, available, againMs };
}

/** A pod of this template, managed by `owner`. Give `metadata.name` for a fixed name; else the server picks one. */
export function podFromTemplate(
  kind: Kind,
  owner: KubeObject,
  template: PodTemplate,
  metadata: {
    name?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
  },
  spec: object = {},
): KubeObject {
  const annotations = { ...template.metadata?.annotations, ...metadata.annotations };
  const finalizers = [...(template.metadata?.finalizers ?? []), ...(metadata.finalizers ?? [])];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(metadata.name === undefined ? { generateName: `${owner.metadata.name}-` } : { name: metadata.name }),
      ...({ namespace: owner.metadata.namespace ?? 'default' } as { name: string; namespace: string }),
      labels: { ...template.metadata?.labels, ...metadata.labels },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ownerReferences: [controllerReference(kind, owner)],
    },
    spec: { ...template.spec, ...spec },
  };
}

/**
 * The pods in the order in which a surplus goes: not yet bound first, then pending, then not ready, then the younger
 * (controller.ActivePods in kube-controller-manager).
 */
export function mostExpendableFirst(pods: readonly Pod[]): Pod[] {
  const rank = (pod: Pod) => [
    pod.spec.nodeName === undefined ? 0 : 1,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  return [...pods].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const differs = left.findIndex((value, i) => value !== right[i]);
    if (differs === -1) return a.metadata.name < b.metadata.name ? 1 : -1;
    return (left[differs] ?? 0) - (right[differs] ?? 0);
  });
}
