/** A stretch of time, milliseconds since the epoch; the end is the first moment that is not part of it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What an account says, in machine-seconds. */
export interface Account {
  /**
   * What the Workspaces needed: each of their machines from the moment at which a claim made at once would have launched it, until a release
   * made at once would have ended it. The cloud's own times for both are part of the price and no waste; a shortage is not taken off.
   */
  readonly ideal: number;
  readonly paid: number;
  /** Paid beyond the ideal: for a Workspace that needed nothing then, or fewer machines. Never made up for by what was missing elsewhere. */
  readonly beyond: number;
  /** Paid for machines that never came to anything, from launch to end, whether or not one was needed then. */
  readonly bad: number;
  /** Needed and not there: shortages, deaths, the operator's own time. */
  readonly missing: number;
}

/** Compares what each Workspace needed with what was paid for it. */
export function account(
  needed: ReadonlyMap<string, readonly Stretch[]>,
  paid: ReadonlyMap<string, readonly (Stretch & { readonly served: boolean })[]>,
): Account {
  const sum = { ideal: 0, paid: 0, beyond: 0, bad: 0, missing: 0 };
  for (const owner of new Set([...needed.keys(), ...paid.keys()])) {
    const wanted = needed.get(owner) ?? [];
    const machines = paid.get(owner) ?? [];
    sum.ideal += seconds(wanted);
    sum.paid += seconds(machines);
    const bad = machines.filter(({ served }) => !served);
    sum.bad += seconds(bad);
    const good = machines.filter(({ served }) => served);
    for (const { from, to, depth } of depths(wanted, good)) {
      const length = (to - from) / 1000;
      if (depth < 0) sum.beyond += length * -depth;
      else sum.missing += length * depth;
    }
  }
  return sum;
}

/** The waste as a share of the ideal, between 0 and 1. */
export function wasteOf({ ideal, beyond, bad }: Account): number {
  return ideal === 0 ? (beyond + bad > 0 ? 1 : 0) : (beyond + bad) / ideal;
}

function seconds(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0) / 1000;
}

/** How many machines are wanted beyond those that are there, stretch by stretch; negative where there are too many. */
function depths(
  wanted: readonly Stretch[],
  there: readonly Stretch[],
): readonly (Stretch & { readonly depth: number })[] {
  const steps = [...edges(wanted, 1), ...edges(there, -1)].sort((a, b) => a.at - b.at);
  let depth = 0;
  return steps.flatMap(({ at, by }, index) => {
    depth += by;
    const next = steps[index + 1];
    return next === undefined || next.at === at || depth === 0 ? [] : [{ from: at, to: next.at, depth }];
  });
}

function edges(stretches: readonly Stretch[], by: number): readonly { readonly at: number; readonly by: number }[] {
  return stretches
    .filter(({ from, to }) => to > from)
    .flatMap(({ from, to }) => [
      { at: from, by },
      { at: to, by: -by },
    ]);
}
