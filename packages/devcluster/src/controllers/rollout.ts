/** The pods one ReplicaSet asks for and those of them that are available. */
export interface ReplicaCount {
  readonly desired: number;
  readonly available: number;
}

/** How many pods a rolling update may add to, and miss from, the wanted number. */
export interface RolloutBounds {
  readonly surge: number;
  readonly unavailable: number;
}

/**
 * Reads `maxSurge` and `maxUnavailable`: whole numbers, or percentages of the replicas of which surge is rounded up and
 * unavailable down. Both zero would never move, so one may be unavailable then (Kubernetes API reference).
 */
export function rolloutBounds(
  replicas: number,
  maxSurge: number | string = '25%',
  maxUnavailable: number | string = '25%',
): RolloutBounds {
  const surge = amountOf(maxSurge, replicas, Math.ceil);
  const unavailable = amountOf(maxUnavailable, replicas, Math.floor);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

/** A whole number, or a percentage of `total`. */
export function amountOf(value: number | string, total: number, round: (x: number) => number): number {
  const text = String(value);
  return text.endsWith('%') ? round((Number.parseFloat(text) * total) / 100) : Number.parseInt(text, 10);
}

/**
 * The next sizes in a rolling update: the new set grows as far as the surge allows; the old ones (oldest first) shrink as
 * far as enough pods stay available, those that are unavailable anyway before the others.
 */
export function rollingStep(
  replicas: number,
  bounds: RolloutBounds,
  fresh: ReplicaCount,
  old: readonly ReplicaCount[],
): { readonly fresh: number; readonly old: readonly number[] } {
  const oldTotal = sum(old.map(({ desired }) => desired));
  const room = Math.max(0, replicas + bounds.surge - fresh.desired - oldTotal);
  const freshSize = fresh.desired >= replicas ? replicas : fresh.desired + Math.min(room, replicas - fresh.desired);

  const minAvailable = replicas - bounds.unavailable;
  const freshUnavailable = Math.max(0, freshSize - fresh.available);
  let unhealthyBudget = Math.max(0, freshSize + oldTotal - minAvailable - freshUnavailable);
  const sizes = old.map(({ desired, available }) => {
    if (desired === 0) return 0;
    const dropped = Math.min(unhealthyBudget, Math.max(0, desired - available));
    unhealthyBudget -= dropped;
    return desired - dropped;
  });
  let budget = Math.max(0, fresh.available + sum(old.map(({ available }) => available)) - minAvailable);
  return {
    fresh: freshSize,
    old: sizes.map((size) => {
      const dropped = Math.min(budget, size);
      budget -= dropped;
      return size - dropped;
    }),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
