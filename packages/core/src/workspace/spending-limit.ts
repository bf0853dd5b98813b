import { rfc3339 } from './node-attempt.js';
import type { Hold, WorkspaceContext } from './workspace-context.js';

const HOUR = 3_600_000;

/** The cap on claims and money of one Workspace in any hour, which holds whatever the ladder says. Undefined when there is room. */
export function overLimit({ log, plan, policy, now }: WorkspaceContext, missing: number): Hold | undefined {
  const { count, price } = plan.nodes;
  const most = policy.claimsPerNodeAndHour * count;
  const asked = log.askedWithinHour();
  const fresh = missing - log.open.filter(({ stage }) => stage === 'asked').length;
  if (asked.length + fresh > most) {
    const until = (asked[asked.length + fresh - most - 1] ?? now) + HOUR;
    const message = `${asked.length} nodes were asked for within an hour and ${most} are allowed; the next is asked for at ${rfc3339(until)}`;
    return { reason: 'ClaimLimitReached', message, until, needsAPerson: false };
  }
  if (policy.usdPerHour === undefined || price === undefined) return undefined;
  const spent = log.spentWithinHour();
  const more = (price.usdPerHour / count) * missing;
  if (spent + more <= policy.usdPerHour) return undefined;
  const sum = `$${spent.toFixed(2)} was spent within an hour, and ${missing} more nodes cost $${more.toFixed(2)} an hour`;
  const message = `${sum}: more than the limit of $${policy.usdPerHour}`;
  const tooDear = more > policy.usdPerHour;
  return { reason: 'SpendingLimitReached', message, until: now + HOUR / 6, needsAPerson: tooDear };
}
