import { done } from '../engine/outcome.js';
import { reached } from './node-attempt.js';
import type { Phase } from './workspace-context.js';

/**
 * Gives back at once what the Plan has moved on from and nobody is served by: a node of an offer that failed, or of a Workspace that was
 * changed while it started. Nodes with a running pod stay until their successor is up.
 */
export const releaseAbandoned: Phase = async (context) => {
  const { provisioner, owner, status, log, wanted } = context;
  const abandoned = log.open.filter(({ claim, stage }) => !wanted.includes(claim) && !reached(stage, 'running'));
  if (abandoned.length === 0) return done;
  const names = abandoned.map(({ claim }) => claim);
  for (const claim of names) {
    log.end(claim);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${claim}: the plan has moved on`);
  }
  // Written down before the release, or the next process would see claims that somebody took away.
  await context.record();
  for (const name of names) await provisioner.release({ name, owner });
  return done;
};
