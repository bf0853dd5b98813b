import { done } from '../engine/outcome.js';
import { reached } from './node-attempt.js';
import { releaseAll } from './release-all.js';
import type { Phase } from './workspace-context.js';

/**
 * Gives back at once what the Plan has moved on from and nobody is served by: a node of an offer that failed, or of a Workspace that was
 * changed while it started. Nodes with a running pod stay until their successor is up.
 */
export const releaseAbandoned: Phase = async (context) => {
  const { provisioner, owner, status, log, wanted } = context;
  const abandoned = log.open.filter(({ claim, stage }) => !wanted.includes(claim) && !reached(stage, 'running'));
  if (abandoned.length === 0) return done;
  for (const { claim } of abandoned) {
    log.end(claim);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${claim}: the plan has moved on`);
  }
  // Written down before the release, or the next process would see claims that somebody took away.
  await context.record();
  await releaseAll(
    provisioner,
    abandoned.map(({ claim: name, node }) => (node === undefined ? { name, owner } : { name, owner, own: true })),
  );
  return done;
};
