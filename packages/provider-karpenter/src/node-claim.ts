import { apiVersionOf, type ClaimRequest, type KubeObject, type ResourceKind } from '@kaito-sdk/core';
import { OWNER_UID, ownershipLabels } from './ownership.js';
import type { NodeClassProfile } from './profile.js';

export const NODE_CLAIMS: ResourceKind = {
  group: 'karpenter.sh',
  version: 'v1',
  kind: 'NodeClaim',
  plural: 'nodeclaims',
  namespaced: false,
};

/** The NodeClaim for one node. The whole spec is immutable, so everything must be right the first time. */
export function nodeClaim(request: ClaimRequest, profile: NodeClassProfile): KubeObject {
  return {
    apiVersion: apiVersionOf(NODE_CLAIMS),
    kind: NODE_CLAIMS.kind,
    metadata: {
      name: request.name,
      labels: { ...request.labels, ...ownershipLabels(request.owner), 'karpenter.sh/nodepool': profile.nodePool },
      annotations: {
        ...profile.annotations,
        // Were somebody to create the named NodePool, Karpenter would start to consolidate our nodes away.
        'karpenter.sh/do-not-disrupt': 'true',
        [OWNER_UID]: request.owner.uid,
      },
    },
    spec: {
      ...machineSpec(request, profile, [{ key: 'karpenter.sh/nodepool', operator: 'In', values: [profile.nodePool] }]),
      ...diskRequest(request, profile),
    },
  };
}

/** What a NodeClaim and the template of a NodePool say alike of a machine. */
export function machineSpec(
  request: ClaimRequest,
  profile: NodeClassProfile,
  more: NonNullable<NodeClassProfile['requirements']> = [],
): object {
  return {
    nodeClassRef: profile.nodeClassRef,
    requirements: [
      ...more,
      { key: 'node.kubernetes.io/instance-type', operator: 'In', values: [request.instanceType] },
      { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
      ...capacityRequirement(request, profile),
      ...zoneRequirement(request.zone),
      ...(profile.requirements ?? []),
    ],
    taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
    // Karpenter's default is 720h: a node that serves would be replaced after thirty days.
    expireAfter: 'Never',
  };
}

function capacityRequirement({ capacityType }: ClaimRequest, { capacityTypes = false }: NodeClassProfile) {
  return capacityTypes ? [{ key: 'karpenter.sh/capacity-type', operator: 'In', values: [capacityType] }] : [];
}

function zoneRequirement(zone: string | undefined) {
  return zone === undefined ? [] : [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }];
}

/** Rounded up: gpu-provisioner cuts fractions off. */
function diskRequest({ diskBytes }: ClaimRequest, { diskRequest: resource }: NodeClassProfile) {
  if (resource === undefined) return {};
  return { resources: { requests: { [resource]: `${wholeGibibytes(diskBytes)}Gi` } } };
}

/** At least 1. */
export function wholeGibibytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 2 ** 30));
}
