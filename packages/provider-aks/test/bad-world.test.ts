import { ArmError, type ArmFault, armFaults } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { OperatorWorld } from './support/operator-world.js';

const MINUTE = 60_000;

const faults: readonly (() => ArmFault)[] = [
  armFaults.busy,
  armFaults.throttled,
  armFaults.quota,
  armFaults.quotaLater,
  armFaults.noCapacity,
  armFaults.notOffered,
  () => ({ kind: 'fails', code: 'InternalOperationError', message: 'odd' }),
  () => ({ kind: 'never-launches' }),
  () => ({ kind: 'stuck' }),
  () => ({ kind: 'never-joins' }),
  () => ({ kind: 'never-shows-gpu' }),
];

/** The same numbers for the same seed: mulberry32, in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two Workspaces live through shortages, refusals, outages, lost machines and killed operators, and are deleted in the end. */
async function live(seed: number): Promise<void> {
  const random = numbers(seed);
  const upTo = (limit: number) => Math.floor(random() * limit);
  const world = await OperatorWorld.start({ maxOperations: 1 + upTo(3) });
  try {
    await world.operate(1 + upTo(20));
    await world.apply('a');
    await world.apply('b');
    for (let step = 0; step < 6; step++) {
      const what = upTo(5);
      if (what === 0) world.arm.failNext(faults[upTo(faults.length)]!());
      if (what === 1)
        world.arm.interrupt(...Array.from({ length: 1 + upTo(4) }, () => new ArmError(503, 'Down', 'down')));
      if (what === 2) world.arm.failNextDelete({ kind: 'leaves-node' });
      if (what === 3) for (const pool of [...world.arm.pools.keys()].slice(0, 1)) await world.arm.lose(pool);
      await world.clock.advance(upTo(30) * MINUTE);
      if (what === 4) {
        await world.kill();
        await world.operate(random() < 0.5 ? 1 + upTo(10) : undefined);
      }
      expect(world.running().length, 'machines for two Workspaces, one of each being replaced').to.be.at.most(4);
    }
    await world.delete('a');
    await world.delete('b');
    await world.clock.advance(upTo(10) * MINUTE);
    await world.kill();
    await world.operate();
    await world.untilGone('a');
    await world.untilGone('b');
    const left = [...world.arm.pools.keys(), ...world.running(), ...(await world.nodes())];
    expect(left, 'nothing is left').to.deep.equal([]);
  } finally {
    await world.stop();
  }
}

describe('agent pools in a bad world', () => {
  for (let first = 1; first <= 41; first += 10) {
    it(`leave nothing behind, whatever happens: seeds ${first} to ${first + 9}`, async function () {
      this.timeout(120_000);
      for (let seed = first; seed < first + 10; seed++) {
        await live(seed).catch((error: Error) => {
          throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
        });
      }
    });
  }
});
