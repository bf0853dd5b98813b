import { expect } from 'chai';
import { byCall } from './support/chaos/call-fault.js';
import { chaosLife, checkChaos } from './support/chaos/chaos-life.js';
import { crashEverywhere, undisturbedLife } from './support/chaos/crash-everywhere.js';
import { difference } from './support/chaos/end-state.js';
import { groundNames } from './support/chaos/ground.js';
import { minimize } from './support/chaos/minimize.js';
import { hunt, mutants } from './support/chaos/mutants.js';
import { pairLife } from './support/chaos/pair-life.js';
import { regressions } from './support/chaos/regressions.js';
import { failureText, seededLife } from './support/chaos/seeded-life.js';
import { livesOn } from './support/chaos/workspace-life.js';

/** Kills of each life here; `npm run chaos` makes all of them. */
const KILLS = 2;
/** Lives with faults by chance here; `npm run chaos -- --seeds 1000` has more. */
const SEEDS = 30;

describe('the operator killed after any call', function () {
  this.timeout(300_000);

  for (const [g, ground] of groundNames.entries()) {
    it(`comes to the end of an undisturbed life: some calls of every life on ${ground}`, async () => {
      for (const [l, life] of livesOn(ground).entries()) {
        const { calls } = await undisturbedLife(ground, life);
        const every = Math.ceil(calls / KILLS);
        // Each life and each ground begins at another call, so that together they meet most kinds of calls.
        const first = 1 + ((g * 5 + l * 3) % every);
        for await (const { at, call, failure } of crashEverywhere(ground, life, { every, first })) {
          expect(failure, `${life} on ${ground}, killed after call ${at} (${call})`).to.equal(undefined);
        }
      }
    });
  }
});

describe('the operator with stale caches, lost answers, throttling and crashes by chance', function () {
  this.timeout(300_000);

  for (let first = 0; first < SEEDS; first += 10) {
    it(`comes to the end of an undisturbed life: seeds ${first} to ${first + 9}`, async () => {
      for (let seed = first; seed < first + 10; seed++) {
        const failure = await seededLife(seed);
        if (failure !== undefined) throw new Error(failureText(failure));
      }
    });
  }

  for (const { name, ...one } of regressions) {
    it(`does not do again what it did once: ${name}`, async () => {
      const { state } = await undisturbedLife(one.ground, one.life);
      const { struck } = await checkChaos(one, state);
      expect(struck, 'every fault has met its call').to.equal(one.faults.length);
    });
  }
});

describe('two operators, of which the leader is paused', function () {
  this.timeout(300_000);

  for (const [ground, life] of [
    ['karpenter', 'change'],
    ['pools', 'inference'],
    ['machine', 'delete'],
    ['byo', 'tuning'],
  ] as const) {
    it(`write only while they lead, and come to the same end: ${life} on ${ground}`, async () => {
      const { state } = await undisturbedLife(ground, life);
      for (const before of [2, 5]) {
        const end = await pairLife({ ground, life, pauseBefore: [before, 2], pauseMs: 120_000 });
        expect(difference(end.state, state), `paused before write ${before}`).to.deep.equal([]);
        expect(end.pauses).to.equal(2);
        expect(end.fenced, 'writes that were about to leave').to.be.greaterThan(0);
      }
    });
  }
});

describe('two operators that buy outside the cluster, of which the leader is paused', function () {
  this.timeout(300_000);

  it('change nothing there unless they lead, and come to the same end: change on aks', async () => {
    const { state } = await undisturbedLife('aks', 'change');
    // Without the fence the first of these has an agent pool made by a process that does not lead.
    const pair = { ground: 'aks', life: 'change', pauseBefore: [], pauseAfterLook: [1, 4], pauseMs: 120_000 } as const;
    const end = await pairLife(pair);
    expect(end.pauses).to.equal(2);
    expect(difference(end.state, state)).to.deep.equal([]);
  });
});

describe('the harness itself', function () {
  this.timeout(300_000);

  it('lives the same life to the letter when it has the same faults', async () => {
    const one = { ground: 'aks', life: 'change', faults: [{ at: 30, kind: 'kill', downMs: 60_000 }] } as const;
    const [first, second] = [await chaosLife(one), await chaosLife(one)];
    expect(second.story).to.deep.equal(first.story);
    expect(difference(second.state, first.state)).to.deep.equal([]);
  });

  it('says which field differs, and which machine was bought', async () => {
    const { state } = await chaosLife({ ground: 'karpenter', life: 'inference', faults: [] });
    const other = {
      ...state,
      objects: state.objects.map((text) => text.replace('"replicas":1', '"replicas":2')),
      machines: [...state.machines, 'ws1 Standard_NC6s_v3 runs'],
    };
    expect(difference(other, state)).to.deep.equal([
      'Deployment demo.spec.replicas is 2 and should be 1',
      'a machine was bought: ws1 Standard_NC6s_v3 runs',
    ]);
  });

  it('leaves of many faults the one that it takes, and shortens it', async () => {
    const faults = [
      { at: 2, kind: 'lose-answer' },
      { at: 5, kind: 'kill', downMs: 60_000 },
      { at: 9, kind: 'lag', ms: 30_000, forMs: 300_000 },
    ] as const;
    const least = await minimize(faults, async (some) => some.some(({ kind }) => kind === 'kill'));
    expect(least).to.deep.equal([{ at: 5, kind: 'kill', downMs: 0 }]);
  });

  it('names the call of a fault, so that a stored one stays where it belongs', () => {
    const story = ['list nodes/*', 'patch workspaces/demo', 'create nodeclaims/ws1', 'patch workspaces/demo'];
    expect(byCall([{ at: 4, kind: 'refuse' }], story)).to.deep.equal([
      { at: 2, call: 'patch workspaces/', kind: 'refuse' },
    ]);
  });

  // The others take longer: `npm run chaos -- --mutants`.
  it('notices an operator that writes the end of a lease down too late', async () => {
    const mutant = mutants.find(({ file }) => file.endsWith('release-surplus.js'));
    expect(await hunt(mutant!)).to.match(/vanished/);
  });
});
