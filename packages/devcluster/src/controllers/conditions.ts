import type { Condition } from '../kinds.js';
import { timestamp } from './timestamp.js';

/**
 * The conditions with this one in place. `lastTransitionTime` moves only when the status does; an equal condition
 * answers the very same array, so that nothing is written.
 */
export function withCondition(conditions: readonly Condition[], next: Condition, now: number): readonly Condition[] {
  const old = conditions.find(({ type }) => type === next.type);
  if (old !== undefined && old.status === next.status && old.reason === next.reason && old.message === next.message) {
    return conditions;
  }
  const moved = old?.status === next.status ? old.lastTransitionTime : timestamp(now);
  const placed = { ...next, lastTransitionTime: moved ?? timestamp(now) };
  return old === undefined ? [...conditions, placed] : conditions.map((one) => (one === old ? placed : one));
}

/** The condition of that type. */
export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of that type says `True`. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}
