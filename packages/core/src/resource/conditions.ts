import type { Condition } from '../kube/objects.js';

/** A condition as a controller states it; when it last moved is not the controller's to say. */
export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'>;

/** The condition of a type, if it was ever set. */
export function getCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of a type is there and `True`. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return getCondition(conditions, type)?.status === 'True';
}

/**
 * The list with one condition stated anew. `lastTransitionTime` becomes `now` (RFC 3339, whole seconds) only when the status
 * moves: `kubectl wait` and every alert count from it. A known type keeps its place, a new one comes last. When nothing would
 * change, the very same list comes back, so `===` tells that there is nothing to write.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  update: ConditionUpdate,
  now: string,
): readonly Condition[] {
  const list = conditions ?? [];
  const before = getCondition(list, update.type);
  const next: Condition = {
    type: update.type,
    status: update.status,
    reason: update.reason,
    message: update.message,
    lastTransitionTime: before?.status === update.status ? before.lastTransitionTime : now,
    ...(update.observedGeneration === undefined ? {} : { observedGeneration: update.observedGeneration }),
  };
  if (before === undefined) return [...list, next];
  if (conditionEquals(before, next)) return list;
  return list.map((condition) => (condition === before ? next : condition));
}

/** The list without the condition of a type; the very same list when it was not there. */
export function removeCondition(conditions: readonly Condition[] | undefined, type: string): readonly Condition[] {
  const list = conditions ?? [];
  return list.some((condition) => condition.type === type) ? list.filter((condition) => condition.type !== type) : list;
}

/** Whether two lists say the same, in the same order: then there is nothing to write. */
export function sameConditions(a: readonly Condition[] | undefined, b: readonly Condition[] | undefined): boolean {
  const left = a ?? [];
  const right = b ?? [];
  return (
    left === right ||
    (left.length === right.length && left.every((condition, index) => conditionEquals(condition, right[index])))
  );
}

/** Whether two conditions say the same, the time of their last move included. */
export function conditionEquals(a: Condition | undefined, b: Condition | undefined): boolean {
  return (
    a === b ||
    (a !== undefined &&
      b !== undefined &&
      a.type === b.type &&
      a.status === b.status &&
      a.reason === b.reason &&
      a.message === b.message &&
      a.lastTransitionTime === b.lastTransitionTime &&
      a.observedGeneration === b.observedGeneration)
  );
}
