import { done } from '../engine/outcome.js';
import { reached } from './node-attempt.js';
import type { Phase } from './workspace-context.js';

/**
 * Gives back at once what the Plan has moved on from and nobody is served by: a node of an offer that failed, or of a Workspace that was
 * changed while it started. Nodes with a running pod stay until their successor is up.
 */
export const releaseAbandoned: Phase = async ({ provisioner, owner, status, log, wanted }) => {
  for (const { claim, stage } of log.open) {
    if (wanted.includes(claim) || reached(stage, 'running')) continue;
    await provisioner.release({ name: claim, owner });
    log.end(claim);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${claim}: the plan has moved on`);
  }
  return done;
};
