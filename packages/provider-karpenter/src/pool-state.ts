import type { ClaimState, Condition, KubeObject } from '@kaito-sdk/core';
import { claimState, instanceTypeOf, NOT_TAKEN_UP_MS } from './claim-state.js';
import { OWNER_UID, ownerFromLabels } from './ownership.js';
import { bindings, slotsOf } from './pool-slots.js';

/** What a static NodePool and its NodeClaims say of the claims on it, in the words of the provisioner contract. Empty for a pool that is nobody's. */
export function poolStates(pool: KubeObject, nodeClaims: readonly KubeObject[]): readonly ClaimState[] {
  const owner = poolOwner(pool);
  if (!owner) return [];
  const slots = slotsOf(pool);
  const bound = bindings(slots, nodeClaims);
  const instanceType = instanceTypeOf(pool.spec as object | undefined);
  const common = { owner, ...(instanceType === undefined ? {} : { instanceType }) };
  return slots.map(({ claim: name, createdAt, going }): ClaimState => {
    const nodeClaim = bound.get(name);
    const state = nodeClaim && claimState(nodeClaim);
    if (going !== undefined || pool.metadata.deletionTimestamp !== undefined) {
      const node = state?.nodeName === undefined ? {} : { nodeName: state.nodeName };
      return { name, ...common, createdAt, ...node, phase: 'releasing' };
    }
    if (state !== undefined) return { ...state, name, ...common, createdAt };
    return { name, ...common, createdAt, phase: 'requested', ...unmade(pool) };
  });
}

/** Whose pool it is; undefined for one that this SDK did not make. */
export function poolOwner({ metadata }: KubeObject): ClaimState['owner'] | undefined {
  const owner = ownerFromLabels(metadata.labels ?? {});
  const uid = metadata.annotations?.[OWNER_UID];
  return owner === undefined || uid === undefined ? undefined : { ...owner, uid };
}

/** Why a pool has not made a NodeClaim yet that it should. */
function unmade({ metadata: { name }, status }: KubeObject): Pick<ClaimState, 'reason' | 'message' | 'usualForMs'> {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] };
  const wrong = conditions.find((condition) => condition.status !== 'True' && condition.type !== 'Ready');
  if (wrong !== undefined) {
    return { reason: wrong.reason, message: `NodePool ${name}: ${wrong.type}: ${wrong.message || wrong.reason}` };
  }
  const what =
    conditions.length === 0
      ? 'no controller has taken it up: does a Karpenter run that serves its node class?'
      : 'it has made no NodeClaim: Karpenter does so for static pools with its feature gate StaticCapacity only';
  return { reason: 'NotTakenUp', usualForMs: NOT_TAKEN_UP_MS, message: `NodePool ${name}: ${what}` };
}
