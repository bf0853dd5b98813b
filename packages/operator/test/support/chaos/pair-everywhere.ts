import { compared } from './chaos-life.js';
import { undisturbedLife } from './crash-everywhere.js';
import { difference } from './end-state.js';
import type { GroundName } from './ground.js';
import { type PairCase, pairLife } from './pair-life.js';
import type { LifeName } from './workspace-life.js';

/** Longer than the lease of a leader, and long enough for the other one to go on with the work. */
export const PAUSE_MS = 120_000;

/** A pause of the leader, and what was wrong with the end that followed. */
export interface Pause {
  readonly at: string;
  readonly failure?: string;
}

/** Pauses the leader before its write 1, 2, 3, …, and where machines are bought outside the cluster after each look at them, until none comes. */
export async function* pairEverywhere(ground: GroundName, life: LifeName): AsyncGenerator<Pause> {
  for (let n = 1; ; n++) {
    const pause = await paused({ ground, life, pauseBefore: [n], pauseMs: PAUSE_MS }, `write ${n}`);
    if (pause === undefined) break;
    yield pause;
  }
  for (let n = 1; ground === 'aks'; n++) {
    const pause = await paused({ ground, life, pauseBefore: [], pauseAfterLook: [n], pauseMs: PAUSE_MS }, `look ${n}`);
    if (pause === undefined) break;
    yield pause;
  }
}

/** Undefined when the life ended before the pause came. */
async function paused(one: PairCase, at: string): Promise<Pause | undefined> {
  const { state } = await undisturbedLife(one.ground, one.life);
  try {
    const end = await pairLife(one);
    if (end.pauses === 0) return undefined;
    const wrong = difference(compared(one.life, end.state), state);
    return wrong.length === 0 ? { at } : { at, failure: `the end differs: ${wrong.join('\n  ')}` };
  } catch (error) {
    return { at, failure: (error as Error).message };
  }
}
