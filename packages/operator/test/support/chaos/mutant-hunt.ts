import type { ChaosCase } from './chaos-life.js';
import { undisturbedLife } from './crash-everywhere.js';
import { difference } from './end-state.js';
import { PAUSE_MS } from './pair-everywhere.js';
import { pairLife } from './pair-life.js';
import { regressions } from './regressions.js';
import { failureOf } from './seeded-life.js';

const DOWN_MS = 180_000;

const kill = (call: string, at = 1) => ({ at, call, kind: 'kill', downMs: DOWN_MS }) as const;
/** The call is carried out, nobody hears of it, and for a while no watch tells of it either. */
const unheard = (call: string, resource: string) =>
  [
    { at: 1, call, kind: 'lose-answer' },
    { at: 1, call, kind: 'lag', ms: 30_000, forMs: 300_000, resource },
  ] as const;

/** Set where only certain lives are to be lived. */
const only = process.env.KAITO_TEST_LIVES;
/** Lives of the harness that between them meet what goes wrong in operators. All are made of what `npm run chaos` does by itself, everywhere. */
const telling: readonly ChaosCase[] = [
  { ground: 'karpenter', life: 'delete', faults: [] },
  { ground: 'karpenter', life: 'change', faults: [] },
  { ground: 'karpenter', life: 'torn away', faults: [] },
  { ground: 'karpenter', life: 'torn away, made again', faults: [] },
  { ground: 'karpenter', life: 'restored in part', faults: [] },
  { ground: 'karpenter', life: 'never joins', faults: [] },
  { ground: 'karpenter', life: 'loses its machine', faults: [] },
  { ground: 'karpenter', life: 'prefers a node', faults: [] },
  { ground: 'karpenter', life: 'tuned for good', faults: [] },
  { ground: 'karpenter', life: 'tune then serve', faults: [] },
  { ground: 'pools', life: 'delete', faults: [] },
  { ground: 'aks', life: 'delete', faults: [] },
  { ground: 'aks', life: 'delete as it asks', faults: [] },
  {
    ground: 'byo',
    life: 'torn away, made again',
    faults: [{ at: 1, call: 'patch workspaces/', kind: 'lag', ms: 30_000, forMs: 300_000, resource: 'workspaces' }],
  },
  { ground: 'karpenter', life: 'inference', faults: [{ at: 1, call: 'create nodeclaims/', kind: 'lose-answer' }] },
  { ground: 'karpenter', life: 'inference', faults: [kill('create nodeclaims/')] },
  { ground: 'karpenter', life: 'inference', faults: unheard('create nodeclaims/', 'nodeclaims') },
  { ground: 'pools', life: 'inference', faults: unheard('create nodepools/', 'nodepools') },
  {
    ground: 'karpenter',
    life: 'delete as it asks',
    faults: [
      ...unheard('create nodeclaims/', 'nodeclaims'),
      // Asked again, it would learn that the claim is there.
      { at: 2, call: 'create nodeclaims/', kind: 'answer', status: 500, times: 3 },
    ],
  },
  {
    ground: 'karpenter',
    life: 'inference',
    faults: [{ at: 1, call: 'create services/', kind: 'answer', status: 500, times: 3 }],
  },
  {
    ground: 'karpenter',
    life: 'inference',
    faults: [{ at: 1, call: 'update workspaces/', kind: 'answer', status: 500, times: 12 }],
  },
  { ground: 'karpenter', life: 'change', faults: [{ at: 1, call: 'create nodeclaims/', kind: 'cut', expired: true }] },
  {
    ground: 'karpenter',
    life: 'delete while it starts',
    faults: [{ at: 1, call: 'create nodeclaims/', kind: 'lag', ms: 30_000, forMs: 300_000, resource: 'nodeclaims' }],
  },
  { ground: 'karpenter', life: 'tuning', faults: [kill('delete nodeclaims/')] },
];

/** Answers the first thing that the harness notices about the operator of this process. */
async function* findings(): AsyncGenerator<string> {
  const cases = only === undefined ? [...telling, ...regressions] : (JSON.parse(only) as readonly ChaosCase[]);
  for (const one of cases) {
    const failure = await failureOf(one);
    if (failure !== undefined) yield `${one.life} on ${one.ground} with ${JSON.stringify(one.faults)}: ${failure}`;
  }
  if (only !== undefined) return;
  const pair = { ground: 'karpenter', life: 'change' } as const;
  for (const before of [1, 3, 5]) {
    const { state } = await pairLife({ ...pair, pauseBefore: [before, 3], pauseMs: PAUSE_MS });
    const wrong = difference(state, (await undisturbedLife(pair.ground, pair.life)).state);
    if (wrong.length > 0) yield `a leader paused before write ${before}: ${wrong.join(', ')}`;
  }
  for (const look of [1, 2, 3, 4, 5]) {
    await pairLife({ ground: 'aks', life: 'change', pauseBefore: [], pauseAfterLook: [look], pauseMs: PAUSE_MS });
  }
}

try {
  for await (const finding of findings()) {
    process.send?.(finding.slice(0, 500));
    break;
  }
} catch (error) {
  process.send?.(String(error).slice(0, 500));
}
process.exit(0);
