import type { UnavailableOffer } from '../plan/catalogs.js';
import type { AttemptLog } from './attempt-log.js';
import type { LeasePolicy } from './lease-policy.js';
import {
  type AttemptFailure,
  type NodeAttempt,
  type NodeOffer,
  offerOf,
  offerText,
  rfc3339,
  type Stage,
  sameOffer,
} from './node-attempt.js';

const HOUR = 3_600_000;

/** An offer that is passed over for now, because of its last failure. */
export interface BadOffer {
  readonly attempt: NodeAttempt & { readonly failure: AttemptFailure };
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** How long a kind of failure lasts, where more than the back-off is known. quota 10 min, a size that is not sold 23 h (both from a public provider's source). */
const lasting: Partial<Readonly<Record<AttemptFailure, number>>> = {
  quota: HOUR / 6,
  unsupported: 23 * HOUR,
  permission: HOUR,
  'no-plugin': HOUR / 6,
  workload: HOUR / 6,
};

/** Failures that no other offer would cure. */
const EVERYWHERE: ReadonlySet<AttemptFailure> = new Set(['permission', 'workload', 'no-plugin']);

/** Failures that a change of the Workspace may cure. */
const ENDS_WITH_CHANGE: ReadonlySet<AttemptFailure> = new Set(['permission', 'workload', 'no-plugin', 'unsupported']);

/** Failures that a person must see to. */
const HOPELESS: ReadonlySet<AttemptFailure> = new Set(['permission', 'unsupported', 'no-plugin']);

/**
 * A node whose devices had shown was a good one: that somebody took it away says nothing against its offer. The cap on claims bounds how
 * often it is replaced.
 */
const GOOD_NODE: ReadonlySet<Stage> = new Set(['visible', 'running', 'ready']);

/** Whether only a person can help. */
export function needsAPerson(failure: AttemptFailure): boolean {
  return HOPELESS.has(failure);
}

/** Whether another offer would meet the same failure. */
export function failsEverywhere(failure: AttemptFailure): boolean {
  return EVERYWHERE.has(failure);
}

/** The offers whose last failure is still remembered, one entry each. */
export function badOffers(log: AttemptLog, policy: LeasePolicy, generation: number): readonly BadOffer[] {
  const counting = log.failed.filter(
    ({ ended, failure, stage, node, generation: then }) =>
      // A node that was there already is no offer; that the cluster has no device plugin was seen on it all the same.
      (node === undefined || failure === 'no-plugin') &&
      !(failure === 'vanished' && GOOD_NODE.has(stage)) &&
      // Not time ends the want of a device plugin, but its installation.
      (failure === 'no-plugin' ||
        (Date.parse(ended) > log.now - Math.max(policy.memoryMs, lasting[failure] ?? 0) &&
          !(ENDS_WITH_CHANGE.has(failure) && then !== generation))),
  );
  const bad: BadOffer[] = [];
  for (const attempt of [...counting].reverse()) {
    if (bad.some((known) => sameOffer(known.attempt, attempt))) continue;
    const times = counting.filter((other) => sameOffer(other, attempt)).length;
    const first = lasting[attempt.failure] ?? policy.backoffMs;
    const longest = Math.max(first, policy.longestBackoffMs);
    const until = Date.parse(attempt.ended) + Math.min(first * 2 ** (times - 1), longest);
    bad.push({ attempt, until });
  }
  return bad;
}

/**
 * What the planner is to pass over. While nodes are on the lease, an offer that failed before them stays out however long ago that was:
 * its recovery is no reason to move a model that is starting or running.
 */
export function unavailableOffers(
  log: AttemptLog,
  policy: LeasePolicy,
  generation: number,
): readonly UnavailableOffer[] {
  const leased = (offer: NodeOffer) => log.open.some((one) => sameOffer(one, offer));
  const now = badOffers(log, policy, generation).filter(({ until }) => until > log.now);
  const past =
    log.open.length === 0 ? [] : log.failed.filter((attempt) => attempt.node === undefined && !leased(attempt));
  return [
    ...now.map(({ attempt, until }) => ({ attempt, when: `passed over until ${rfc3339(until)}` })),
    ...past
      .filter((attempt) => !now.some((known) => sameOffer(known.attempt, attempt)))
      .map((attempt) => ({ attempt, when: 'passed over while other nodes are on the lease' })),
  ].map(({ attempt, when }) => ({
    ...offerOf(attempt),
    reason: `${offerText(attempt)}: ${attempt.message ?? attempt.reason ?? attempt.failure}; ${when}.`,
  }));
}

/**
 * Nodes that were there already and came to nothing, by name, for as long as an offer would be passed over: five minutes after the first
 * time, and twice as long after each further one.
 */
export function avoidedNodes(log: AttemptLog, policy: LeasePolicy): ReadonlySet<string> {
  const failures = log.failed.filter(({ node, failure }) => node !== undefined && failure !== 'vanished');
  const avoided = new Set<string>();
  for (const { node = '', ended } of failures) {
    const times = failures.filter((other) => other.node === node).length;
    const pause = Math.min(policy.backoffMs * 2 ** (times - 1), policy.longestBackoffMs);
    if (Date.parse(ended) + pause > log.now) avoided.add(node);
  }
  return avoided;
}
