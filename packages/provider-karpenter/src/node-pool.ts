import { createHash } from 'node:crypto';
import { apiVersionOf, type ClaimRequest, type KubeObject, type ResourceKind } from '@kaito-sdk/core';
import { machineSpec } from './node-claim.js';
import { OWNER_UID, ownershipLabels } from './ownership.js';
import { type PoolSlot, slotAnnotations } from './pool-slots.js';
import type { NodeClassProfile } from './profile.js';

export const NODE_POOLS: ResourceKind = {
  group: 'karpenter.sh',
  version: 'v1',
  kind: 'NodePool',
  plural: 'nodepools',
  namespaced: false,
};

/** The label by which Karpenter ties a NodeClaim to its pool. */
export const POOL_LABEL = 'karpenter.sh/nodepool';

const LONGEST_NAME = 63;

/** What tells one pool of a Workspace from another: nodes of different offers are not alike. */
export type PoolIdentity = Pick<ClaimRequest, 'owner' | 'instanceType' | 'capacityType' | 'zone'>;

/** `<namespace>-<workspace>-` and nine hexadecimal digits, which follow from the owner and the offer. */
export function poolName({ owner, instanceType, capacityType, zone }: PoolIdentity): string {
  const identity = JSON.stringify([owner.namespace, owner.name, owner.uid, instanceType, capacityType, zone ?? '']);
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 9);
  const readable = `${owner.namespace}-${owner.name}`.slice(0, LONGEST_NAME - hash.length - 1).replace(/[-.]+$/, '');
  return `${readable}-${hash}`;
}

/**
 * A NodePool with static capacity: Karpenter keeps as many machines of this kind as it has `replicas`, whatever pods there are. Every claim
 * of the Workspace for this offer is a slot of it.
 */
export function nodePool(request: ClaimRequest, profile: NodeClassProfile, slots: readonly PoolSlot[]): KubeObject {
  const { owner } = request;
  const labels = ownershipLabels(owner);
  return {
    apiVersion: apiVersionOf(NODE_POOLS),
    kind: NODE_POOLS.kind,
    metadata: {
      name: poolName(request),
      labels,
      annotations: { [OWNER_UID]: owner.uid, ...slotAnnotations(slots) },
    },
    spec: {
      replicas: slots.length,
      // A drift of the node class would replace nodes that serve.
      disruption: { consolidateAfter: '0s', budgets: [{ nodes: '0' }] },
      template: {
        metadata: {
          labels: { ...request.labels, ...labels },
          annotations: { ...profile.annotations, 'karpenter.sh/do-not-disrupt': 'true', [OWNER_UID]: owner.uid },
        },
        spec: machineSpec(request, profile),
      },
    },
  };
}
