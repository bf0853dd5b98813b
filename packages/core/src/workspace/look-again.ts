import { type Outcome, waiting } from '../engine/outcome.js';
import type { ClaimState } from '../plugin/node-provisioner.js';

/** A wait ends at the latest when one of the claims is worth another look: not every cloud can be watched. */
export function lookAgain(outcome: Outcome, claims: readonly ClaimState[]): Outcome {
  if (outcome.kind !== 'waiting') return outcome;
  const times = [outcome.afterMs, ...claims.map((claim) => claim.lookAgainMs)].filter((ms) => ms !== undefined);
  return times.length === 0 ? outcome : waiting(outcome.reason, outcome.message, Math.min(...times));
}
