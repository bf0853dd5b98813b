import type { ClaimState } from '../plugin/node-provisioner.js';

/** Whether the claim's node is registered with the cluster. */
export function joined(claim: ClaimState): boolean {
  return claim.phase === 'joined' || claim.phase === 'ready';
}
