import { nodeTerms, type Plan } from '@kaito-sdk/core';

/**
 * Where the pods may run: on nodes with every label of the Plan's selector, so the user's labels and those of this Workspace's own
 * claims, or on those of its preferred nodes that it has taken. Two Workspaces may share their labels, and without the claims' own another one's node would do, or an autoscaler would
 * buy a node for the pending pod.
 */
export function affinity(plan: Plan): Readonly<Record<string, unknown>> {
  const nodeSelectorTerms = nodeTerms(plan.nodes);
  if (nodeSelectorTerms.length === 0) return {};
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } };
}

/** With these, clouds keep pods away from machines that can be taken back (AKS and GKE). */
const SPOT_TAINTS = ['kubernetes.azure.com/scalesetpriority', 'cloud.google.com/gke-spot'];

/** The taints that GPU nodes carry: the device's, and the one that KAITO's claims ask for. */
export function tolerations(plan: Plan): readonly unknown[] {
  return [
    ...(plan.nodes.gpusPerNode === 0
      ? []
      : [{ key: plan.nodes.gpuResource, operator: 'Exists', effect: 'NoSchedule' }]),
    { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
    ...(plan.nodes.capacityType === 'spot'
      ? SPOT_TAINTS.map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }))
      : []),
  ];
}
