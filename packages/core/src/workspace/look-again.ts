import { type Outcome, waiting } from '../engine/outcome.js';
import type { ClaimState } from '../plugin/node-provisioner.js';

/**
 * Looks again when one of the claims is worth it, however the pass ended: not every cloud can be watched, and a node that is being given
 * back is paid for until it is gone, also when the Workspace itself is at rest.
 */
export function lookAgain(outcome: Outcome, claims: readonly ClaimState[]): Outcome {
  const times = claims.flatMap(({ lookAgainMs }) => lookAgainMs ?? []);
  if (times.length === 0) return outcome;
  const soonest = Math.min(...times);
  if (outcome.kind === 'waiting') {
    return waiting(outcome.reason, outcome.message, Math.min(soonest, outcome.afterMs ?? soonest));
  }
  if (outcome.kind === 'blocked') return waiting(outcome.reason, outcome.message, soonest);
  return waiting('NodesUnsettled', 'the Workspace is as it should be; some of its nodes are still changing', soonest);
}
