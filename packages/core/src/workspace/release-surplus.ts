import { done } from '../engine/outcome.js';
import type { Phase } from './workspace-context.js';

/** Gives back nodes that an earlier Plan asked for and this one does not want, once this one runs. */
export const releaseSurplus: Phase = async ({ owner, provisioner, status, log, wanted }) => {
  for (const claim of await provisioner.observe(owner)) {
    if (wanted.includes(claim.name) || claim.phase === 'releasing') continue;
    await provisioner.release(claim);
    log.end(claim.name);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${claim.name}: the plan no longer needs it`);
  }
  return done;
};
