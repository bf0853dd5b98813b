import { done } from '../engine/outcome.js';
import { releaseAll } from './release-all.js';
import type { Phase } from './workspace-context.js';

/** Gives back nodes that an earlier Plan asked for and this one does not want, once this one runs. */
export const releaseSurplus: Phase = async (context) => {
  const { owner, provisioner, status, log, wanted } = context;
  const claims = (await provisioner.observe(owner)).filter(
    ({ name, phase }) => !wanted.includes(name) && phase !== 'releasing',
  );
  if (claims.length === 0) return done;
  for (const { name } of claims) {
    log.end(name);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${name}: the plan no longer needs it`);
  }
  // Written down before the release, or the next process would see claims that somebody took away.
  context.settleLeases(done);
  await context.publish(done);
  await releaseAll(provisioner, claims);
  return done;
};
