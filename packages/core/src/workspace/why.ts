import { conditionTypes } from '../api/conditions.js';
import type { Workspace } from '../api/workspace.js';
import type { Condition } from '../kube/objects.js';
import { getCondition } from '../resource/conditions.js';

/** The answer to "why is it not ready?". */
export interface Why {
  /** Whether everything that was asked for is there. */
  readonly ready: boolean;
  /** The condition that holds up all that follow; absent when none does, or when none was ever set. */
  readonly condition?: string;
  /** Its reason, for programs. */
  readonly reason?: string;
  /** For people: what is, why, since when, and what to do next where somebody can do something. */
  readonly text: string;
}

/** In the order in which a Workspace comes to life. The last one says of a tuning whether it is through. */
const stages = [
  conditionTypes.planned,
  conditionTypes.nodeClaimReady,
  conditionTypes.resourceReady,
  conditionTypes.inferenceReady,
  conditionTypes.jobStarted,
  conditionTypes.workspaceSucceeded,
];

/**
 * Why a Workspace is not ready, from its status alone: the first condition that does not hold, whose message ends with the next step where its author knew
 * one.
 *
 * @param now milliseconds since the Unix epoch
 */
export function why({ metadata, status, tuning }: Workspace, now: number): Why {
  const conditions = status?.conditions ?? [];
  const { name } = metadata;
  if (conditions.length === 0)
    return {
      ready: false,
      text: `${name} has no status: no operator has looked at it yet. See whether the operator runs, and what its log says.`,
    };
  const deleting = getCondition(conditions, conditionTypes.workspaceDeleting);
  if (deleting?.status === 'True') return told(`${name} has been on its way out`, deleting, now);
  const held = stages.flatMap((type) => getCondition(conditions, type) ?? []).find((one) => one.status !== 'True');
  const seen = conditions.reduce((newest, { observedGeneration = 0 }) => Math.max(newest, observedGeneration), 0);
  const unread =
    seen > 0 && seen < (metadata.generation ?? 0)
      ? ' That was before its last change, which the operator has not looked at yet.'
      : '';
  if (held) {
    const { text, ...rest } = told(`${name} is not ready: ${held.type} has been ${held.status}`, held, now);
    return { ...rest, text: text + unread };
  }
  const last = getCondition(conditions, conditionTypes.workspaceSucceeded);
  const since = last ? ` for ${age(last, now)}` : '';
  return { ready: true, text: `${name} ${tuning ? 'has been trained' : 'has been ready'}${since}.${unread}` };
}

function told(what: string, condition: Condition, now: number): Why {
  const { type, reason, message } = condition;
  const end = /[.!?]$/.test(message) ? '' : '.';
  return {
    ready: false,
    condition: type,
    reason,
    text: `${what} for ${age(condition, now)} (${reason}). ${message}${end}`,
  };
}

const units = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** How long a condition has been as it is, in its largest unit. A clock that runs behind the server's gives "0 seconds". */
function age({ lastTransitionTime }: Condition, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(lastTransitionTime)) / 1000));
  const [size, unit] = units.find(([limit]) => seconds >= limit) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
