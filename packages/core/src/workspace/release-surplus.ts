import { done } from '../engine/outcome.js';
import { claimNames } from './claim-names.js';
import type { Phase } from './workspace-context.js';

/** Gives back nodes that an earlier Plan asked for and this one does not want, once this one runs. */
export const releaseSurplus: Phase = async ({ owner, plan, provisioner, status }) => {
  const wanted = new Set(claimNames(owner, plan.nodes.instanceType, plan.nodes.count));
  for (const claim of await provisioner.observe(owner)) {
    if (wanted.has(claim.name) || claim.phase === 'releasing') continue;
    await provisioner.release(claim);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${claim.name}: the plan no longer needs it`);
  }
  return done;
};
