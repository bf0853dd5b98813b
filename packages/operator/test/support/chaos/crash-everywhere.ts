import { type ChaosEnd, chaosLife, checkChaos } from './chaos-life.js';
import type { GroundName } from './ground.js';
import type { LifeName } from './workspace-life.js';

/** How long the dead process stays away: longer than any request takes, shorter than any lease. */
export const DOWN_MS = 3 * 60_000;

const undisturbed = new Map<string, Promise<ChaosEnd>>();

/** The life without any fault; lived once. */
export function undisturbedLife(ground: GroundName, life: LifeName): Promise<ChaosEnd> {
  const key = `${ground}/${life}`;
  const known = undisturbed.get(key);
  if (known !== undefined) return known;
  const living = chaosLife({ ground, life, faults: [] });
  undisturbed.set(key, living);
  return living;
}

/** A kill, and what was wrong with the end that followed. */
export interface Crash {
  readonly ground: GroundName;
  readonly life: LifeName;
  /** The call after which the process was killed. */
  readonly at: number;
  readonly call: string;
  readonly failure?: string;
}

/**
 * Kills the operator after call 1, 2, 3, … until the life ends before the call comes. `every`: only after each so-manieth call, beginning with `first`.
 */
export async function* crashEverywhere(
  ground: GroundName,
  life: LifeName,
  { every = 1, first = 1 }: { readonly every?: number; readonly first?: number } = {},
): AsyncGenerator<Crash> {
  const { state, calls, story } = await undisturbedLife(ground, life);
  for (let at = first; at <= calls; at += every) {
    const call = story[at - 1] ?? '';
    const failure = await checkChaos({ ground, life, faults: [{ at, kind: 'kill', downMs: DOWN_MS }] }, state).then(
      () => undefined,
      (error: Error) => error.message,
    );
    yield failure === undefined ? { ground, life, at, call } : { ground, life, at, call, failure };
  }
}
