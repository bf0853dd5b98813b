import type { ChaosCase } from './chaos-life.js';
import { crashEverywhere, undisturbedLife } from './crash-everywhere.js';
import { difference } from './end-state.js';
import { pairLife } from './pair-life.js';
import { regressions } from './regressions.js';
import { failureOf, failureText, seededLife } from './seeded-life.js';

/** Lives in which a crash after each call is tried, the telling ones first. */
const CRASHED: readonly Pick<ChaosCase, 'ground' | 'life'>[] = [
  { ground: 'karpenter', life: 'delete while it starts' },
  { ground: 'karpenter', life: 'torn away' },
  { ground: 'karpenter', life: 'change' },
];
const SEEDS = 80;

/** The harness as it is, in a process whose operator has a fault. Answers the first thing it notices. */
async function* findings(): AsyncGenerator<string> {
  for (const one of regressions) {
    const failure = await failureOf(one);
    if (failure !== undefined) yield `${one.name}: ${failure}`;
  }
  for (let before = 1; before <= 8; before += 2) {
    const pair = { ground: 'karpenter', life: 'change' } as const;
    const { state } = await pairLife({ ...pair, pauseBefore: [before, 3], pauseMs: 120_000 });
    const wrong = difference(state, (await undisturbedLife(pair.ground, pair.life)).state);
    if (wrong.length > 0) yield `a leader paused before write ${before}: ${wrong.join(', ')}`;
  }
  for (const { ground, life } of CRASHED) {
    for await (const { at, failure } of crashEverywhere(ground, life)) {
      if (failure !== undefined) yield `${life} on ${ground}, killed after call ${at}: ${failure}`;
    }
  }
  for (let seed = 0; seed < SEEDS; seed++) {
    const failure = await seededLife(seed);
    if (failure !== undefined) yield failureText(failure);
  }
}

try {
  for await (const finding of findings()) {
    process.send?.(finding.slice(0, 300));
    break;
  }
} catch (error) {
  process.send?.(String(error).slice(0, 300));
}
process.exit(0);
