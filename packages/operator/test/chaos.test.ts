import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { byCall, type CallFault } from './support/chaos/call-fault.js';
import { chaosLife, checkChaos } from './support/chaos/chaos-life.js';
import { crashEverywhere, undisturbedLife } from './support/chaos/crash-everywhere.js';
import { difference } from './support/chaos/end-state.js';
import { groundNames } from './support/chaos/ground.js';
import { minimize } from './support/chaos/minimize.js';
import { hunt } from './support/chaos/mutant-run.js';
import { mutants } from './support/chaos/mutants.js';
import { PAUSE_MS } from './support/chaos/pair-everywhere.js';
import { pairLife } from './support/chaos/pair-life.js';
import { regressions } from './support/chaos/regressions.js';
import { failureText, seededLife } from './support/chaos/seeded-life.js';
import { type LifeName, livesOn } from './support/chaos/workspace-life.js';

/** Lives with faults by chance here; `npm run chaos -- --seeds 1000` has more. */
const SEEDS = 30;

describe('the operator killed after any call', function () {
  this.timeout(300_000);

  for (const [g, ground] of groundNames.entries()) {
    it(`comes to the end of an undisturbed life: a call of every life on ${ground}`, async () => {
      for (const [l, life] of livesOn(ground).entries()) {
        const { calls } = await undisturbedLife(ground, life);
        // At another call in each life and on each ground, so that together they meet most kinds; `npm run chaos` makes all kills.
        const first = 1 + ((g * 17 + l * 29) % calls);
        for await (const { at, call, failure } of crashEverywhere(ground, life, { every: calls, first })) {
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
        const end = await pairLife({ ground, life, pauseBefore: [before, 2], pauseMs: PAUSE_MS });
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
    // After each look at Azure until the first pool is made: without the fence one of them has it made by a process that does not lead.
    for (const look of [1, 2, 3, 4, 5]) {
      const end = await pairLife({
        ground: 'aks',
        life: 'change',
        pauseBefore: [],
        pauseAfterLook: [look],
        pauseMs: PAUSE_MS,
      });
      expect(end.pauses).to.equal(1);
      expect(difference(end.state, state), `paused after look ${look}`).to.deep.equal([]);
    }
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

  it('has for each mutant the text that it changes, once, in the operator as it is', async () => {
    for (const { name, file, from } of mutants) {
      const source = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
      expect(source.split(from), name).to.have.length(2);
    }
  });

  // All of them, in all lives that are told apart by them: `npm run chaos -- --mutants`.
  const lag = { kind: 'lag', ms: 30_000, forMs: 300_000, resource: 'nodeclaims' } as const;
  const claim = { at: 1, call: 'create nodeclaims/' } as const;
  const unheard = [
    { ...claim, kind: 'lose-answer' },
    { ...claim, ...lag },
  ] as const;
  // Asked again, it would learn that the claim is there.
  const again = { at: 2, call: 'create nodeclaims/', kind: 'answer', status: 500, times: 3 } as const;
  const kill = { at: 1, call: 'delete nodeclaims/', kind: 'kill', downMs: 180_000 } as const;
  const noticed: readonly (readonly [mutant: string, life: LifeName, faults: readonly CallFault[], told: RegExp])[] = [
    ['writes the end of a lease down after the release, where the plan has moved on', 'change', [kill], /vanished/],
    [
      'trusts its cache alone when a Workspace goes',
      'delete as it asks',
      [...unheard, again],
      /what it asked for is not: ws/,
    ],
    ['makes its status from the first it ever saw', 'never joins', [], /not reached|does not tell/],
    ['takes a claim that is there already for a failure', 'inference', unheard, /status\.attempts/],
    ['keeps no leases', 'never joins', [], /not reached/],
  ];
  for (const [name, life, faults, told] of noticed) {
    it(`notices an operator that ${name}`, async () => {
      const mutant = mutants.find((one) => one.name === name);
      if (mutant === undefined) throw new Error(`there is no mutant "${name}"`);
      expect(await hunt(mutant, [{ ground: 'karpenter', life, faults }])).to.match(told);
    });
  }
});
