import type { NodeObject, Pod, PodSpec, Taint, Toleration } from '../kinds.js';
import { parseQuantity } from './quantity.js';
import { holds } from './selector.js';

/** Amounts by resource name, in base units (cores, bytes, devices). */
export type Amounts = ReadonlyMap<string, number>;

/** A node as the scheduler sees it: what it has and what the pods on it have asked for. Only looked at where labels and taints fit. */
export interface SchedulableNode {
  readonly node: NodeObject;
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly pods: number;
}

/** Why a pod cannot go on a node. `final` when evicting other pods would not change it. */
export interface Misfit {
  readonly reasons: readonly string[];
  readonly final: boolean;
}

/**
 * The first filter that turns the pod away, in the order and the words of the default plugins of kube-scheduler 1.34:
 * NodeUnschedulable, TaintToleration, NodeAffinity, NodeResourcesFit. Undefined when the pod fits.
 */
export function misfit(pod: Pod, target: SchedulableNode): Misfit | undefined {
  const { node } = target;
  const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable === true && !tolerates(pod.spec, unschedulable)) {
    return { reasons: ['node(s) were unschedulable'], final: true };
  }
  const taint = (node.spec?.taints ?? []).find(
    (one) => (one.effect === 'NoSchedule' || one.effect === 'NoExecute') && !tolerates(pod.spec, one),
  );
  if (taint !== undefined) {
    return { reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`], final: true };
  }
  if (!matchesNode(pod.spec, node)) {
    return { reasons: ["node(s) didn't match Pod's node affinity/selector"], final: true };
  }
  return shortage(pod, target);
}

function shortage(pod: Pod, { allocatable, requested, pods }: SchedulableNode): Misfit | undefined {
  const reasons: string[] = [];
  let final = false;
  if (pods + 1 > (allocatable.get('pods') ?? 110)) reasons.push('Too many pods');
  for (const [resource, amount] of podRequests(pod.spec)) {
    const has = allocatable.get(resource) ?? 0;
    if (amount <= 0 || amount <= has - (requested.get(resource) ?? 0) + 1e-9) continue;
    reasons.push(`Insufficient ${resource}`);
    // More than the whole node has: nothing that is evicted would help.
    if (amount > has) final = true;
  }
  return reasons.length === 0 ? undefined : { reasons, final };
}

/** Whether a toleration of the pod covers the taint. */
export function tolerates(spec: PodSpec, taint: Taint): boolean {
  return (spec.tolerations ?? []).some(
    ({ key, operator = 'Equal', value = '', effect }: Toleration) =>
      (effect === undefined || effect === '' || effect === taint.effect) &&
      (key === undefined || key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );
}

/** Whether `nodeSelector` and required node affinity let the pod on this node. */
export function matchesNode(spec: PodSpec, node: NodeObject): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  // Terms are alternatives; an empty term picks nothing.
  return required.nodeSelectorTerms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    const fields = { 'metadata.name': node.metadata.name };
    return matchExpressions.every((term) => holds(term, labels)) && matchFields.every((term) => holds(term, fields));
  });
}

/** What a pod asks for: the sum of its containers (and sidecars), or the largest init container where that is more. */
export function podRequests(spec: PodSpec): Map<string, number> {
  const total = new Map<string, number>();
  const add = (to: Map<string, number>, from: Amounts) => {
    for (const [name, amount] of from) to.set(name, (to.get(name) ?? 0) + amount);
  };
  for (const { resources } of spec.containers) add(total, requestsOf(resources));
  const peak = new Map<string, number>();
  const sidecars = new Map<string, number>();
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const own = requestsOf(resources);
    if (restartPolicy === 'Always') add(sidecars, own);
    else {
      for (const [name, amount] of own)
        peak.set(name, Math.max(peak.get(name) ?? 0, amount + (sidecars.get(name) ?? 0)));
    }
  }
  add(total, sidecars);
  for (const [name, amount] of peak) total.set(name, Math.max(total.get(name) ?? 0, amount));
  if (spec.overhead !== undefined) add(total, amounts(spec.overhead));
  return total;
}

/** A limit without a request is a request of the same size (Kubernetes API reference). */
function requestsOf(resources: { requests?: object; limits?: object } | undefined): Amounts {
  return amounts({ ...resources?.limits, ...resources?.requests });
}

/** Reads a map of quantities. */
export function amounts(quantities: Readonly<Record<string, string | number>> | undefined): Map<string, number> {
  return new Map(Object.entries(quantities ?? {}).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

/** The sentence of the real scheduler when no node fits (kube-scheduler 1.34, `FitError`). */
export function unschedulableMessage(misfits: readonly Misfit[]): string {
  if (misfits.length === 0) return 'no nodes available to schedule pods';
  const counted = tally(misfits.flatMap(({ reasons }) => reasons));
  const preemption = tally(
    misfits.map(({ final }) =>
      final ? 'Preemption is not helpful for scheduling' : 'No preemption victims found for incoming pod',
    ),
  );
  const total = misfits.length;
  return `0/${total} nodes are available: ${counted}. preemption: 0/${total} nodes are available: ${preemption}.`;
}

function tally(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
