import { withNextStep } from './next-step.js';
import { rfc3339 } from './node-attempt.js';
import type { Hold, WorkspaceContext } from './workspace-context.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How soon it is looked again whether so much of what was spent lies an hour back. */
const RECKON_MS = 10 * MINUTE;

/** The cap on claims and money of one Workspace in any hour (or what the policy says), which holds whatever the ladder says. Undefined when there is room. */
export function overLimit({ log, plan, policy, now }: WorkspaceContext, missing: number): Hold | undefined {
  const { count, price } = plan.nodes;
  const most = policy.claimsPerNodeAndHour * count;
  const within = policy.claimsWithinMs ?? HOUR;
  const asked = log.askedWithin(within);
  const fresh = missing - log.open.filter(({ stage }) => stage === 'asked').length;
  if (asked.length + fresh > most) {
    const until = (asked[asked.length + fresh - most - 1] ?? now) + within;
    const time = within === HOUR ? 'an hour' : `${within / MINUTE} minutes`;
    const message = `${asked.length} nodes were asked for within ${time} and ${most} are allowed; the next is asked for at ${rfc3339(until)}`;
    return { reason: 'ClaimLimitReached', message, until, needsAPerson: false };
  }
  if (policy.usdPerHour === undefined || price === undefined) return undefined;
  const spent = log.spentWithinHour();
  const more = (price.usdPerHour / count) * missing;
  if (spent + more <= policy.usdPerHour) return undefined;
  const sum = `$${spent.toFixed(2)} was spent within an hour, and ${missing} more ${missing === 1 ? 'node costs' : 'nodes cost'} $${more.toFixed(2)} an hour`;
  const limit = `${sum}: more than the limit of $${policy.usdPerHour}`;
  const tooDear = more > policy.usdPerHour;
  const message = tooDear
    ? withNextStep(
        limit,
        'Take cheaper or fewer machines, or raise leases.usdPerHour in the configuration of the operator: no wait helps.',
      )
    : `${limit}; it is reckoned again every ${RECKON_MS / MINUTE} minutes`;
  return { reason: 'SpendingLimitReached', message, until: now + RECKON_MS, needsAPerson: tooDear };
}
