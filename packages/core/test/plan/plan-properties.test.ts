import {
  admitWorkspace,
  bytes,
  type Catalogs,
  explain,
  gib,
  type InstanceType,
  type MemoryDemand,
  type Plan,
  plan,
  planHash,
  type Workspace,
} from '@kaito-sdk/core';
import { expect } from 'chai';
import type { ResourceAlternative } from '../../dist/api/resource-spec.js';
import { type Rung, readLadder } from '../../dist/plan/ladder.js';
import { aCatalog, anInstance, aPreset, aRuntime, catalogs } from './fixtures.js';

/** A generator of numbers from 0 to 1 that gives the same ones every time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Chance {
  constructor(private readonly random: () => number) {}
  of<T>(...values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)] as T;
  }
  between(low: number, high: number): number {
    return low + this.random() * (high - low);
  }
  maybe<T>(odds: number, value: () => T): T | undefined {
    return this.random() < odds ? value() : undefined;
  }
}

const ODD: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  Number.NaN,
  '',
  ' ',
  'x',
  'ü'.repeat(300),
  [],
  {},
  [[]],
  { a: { b: {} } },
  true,
  false,
];

/** Mostly sensible, sometimes with a field of any kind in any place. */
function randomWorkspace(chance: Chance): Workspace {
  const odd = <T>(value: T): unknown => (chance.maybe(0.07, () => true) ? chance.of(...ODD) : value);
  const preset = () =>
    odd({
      name: odd(chance.of('m0', 'm1', 'M2', 'm9', 'm')),
      accessMode: chance.maybe(0.1, () => chance.of('public', 'private')),
      presetOptions: chance.maybe(0.05, () => ({ image: 'x' })),
    });
  return {
    apiVersion: odd('kaito.sh/v1beta1'),
    kind: 'Workspace',
    metadata: odd({
      name: odd(chance.of('songs', 'w-1')),
      namespace: chance.maybe(0.5, () => 'garden'),
      annotations: chance.maybe(0.5, () => ({
        ...chance.maybe(0.4, () => ({ 'kaito.sh/bypass-resource-checks': chance.of('true', '', 'x') })),
        [chance.of('kaito.sh/runtime', 'kaito.sh/other', 'x')]: odd(chance.of('nest', 'aviary', 'zoo')),
      })),
      labels: odd(undefined),
    }),
    resource: odd({
      instanceType: chance.maybe(0.7, () => odd(chance.of('T0', 't1', 'T2', 'T7', 'T99'))),
      count: chance.maybe(0.4, () => odd(chance.of(1, 2, 5))),
      labelSelector: odd({
        matchLabels: odd({ apps: odd('songs') }),
        matchExpressions: chance.maybe(0.1, () => odd([odd({ key: 'a', operator: 'In', values: ['b'] })])),
      }),
      preferredNodes: chance.maybe(0.05, () => ['n']),
      alternatives: chance.maybe(0.4, () => odd(Array.from({ length: chance.of(0, 1, 3) }, () => randomRung(chance)))),
      priceLimit: chance.maybe(0.3, () => odd(Math.round(chance.between(1, 100)))),
    }),
    inference: chance.maybe(0.9, () =>
      odd({ preset: preset(), adapters: chance.maybe(0.05, () => [{}]), config: odd(undefined) }),
    ),
    tuning: chance.maybe(0.1, () => odd({ preset: preset(), method: 'qlora' })),
    [chance.of('status', 'spec', 'other')]: chance.maybe(0.05, () => chance.of(...ODD)),
  } as unknown as Workspace;
}

function randomRung(chance: Chance): unknown {
  const odd = <T>(value: T): unknown => (chance.maybe(0.03, () => true) ? chance.of(...ODD) : value);
  return odd({
    ...chance.maybe(0.8, () => ({ instanceType: odd(chance.of('T0', 'T3', 't4', 'T7', 'T99')) })),
    ...chance.maybe(0.2, () => ({ zones: odd(chance.of([], ['z1'], ['z1', 'z2'])) })),
    ...chance.maybe(0.2, () => ({ capacityType: odd(chance.of('on-demand', 'spot')) })),
    ...chance.maybe(0.1, () => ({ provisioner: odd(chance.of('gardener', 'ranger')) })),
    ...chance.maybe(0.02, () => ({ zone: 'z1' })),
  });
}

function randomDemand(chance: Chance): MemoryDemand {
  const part = (name: string, amount: number) => ({ name, bytes: bytes(amount), source: 'chance' });
  return {
    utilization: chance.between(0.5, 1),
    fixed: [part('weights', chance.between(0, 2 ** 36))],
    perToken: [part('cache', chance.of(0, chance.between(0, 2 ** 20)))],
    perTokenSquared: [part('scores', chance.of(0, chance.between(0, 1000)))],
    minimumContext: chance.of(0, 1, 2048),
    ...(chance.of(true, false) ? { shared: true } : {}),
  };
}

function randomInstance(chance: Chance, index: number): InstanceType {
  const figures = { gpuGib: chance.between(1, 90), gpus: chance.of(1, 2, 4, 8), capability: chance.of(6, 7, 8, 9) };
  const usd = chance.maybe(0.8, () => Math.round(chance.between(10, 9000)) / 100);
  return anInstance(
    `T${index}`,
    { ...figures, ...(usd === undefined ? {} : { usd }) },
    {
      ...(chance.maybe(0.2, () => true) ? { retiredOn: chance.of('2020-01-01', '2030-01-01') } : {}),
      ...(chance.maybe(0.3, () => true) ? { diskBytes: gib(chance.between(10, 120)) } : {}),
    },
  );
}

function randomCatalogs(chance: Chance): Catalogs {
  const contexts = { m0: 512, m1: 4096, M2: 131_072 };
  const models = Object.entries(contexts).map(([name, contextLength]) =>
    aPreset({ name, diskBytes: gib(chance.between(10, 100)), model: { ...aPreset().model, contextLength } }),
  );
  const demands = [randomDemand(chance), randomDemand(chance)];
  const least = chance.of(6, 7, 8, 9);
  const longestPipeline = chance.of(1, 1, 3);
  const nest = aRuntime({ name: 'nest', preference: 1, longestPipeline, sizing: () => demands[0] as MemoryDemand });
  const aviary = aRuntime({
    name: 'aviary',
    preference: 2,
    sizing: () => demands[1] as MemoryDemand,
    supports: ({ instance }) =>
      (instance.gpu.computeCapability ?? 0) >= least
        ? { supported: true, because: 'it can', warnings: [] }
        : { supported: false, reason: 'it cannot', remedy: 'Choose another.' },
  });
  return catalogs({
    presets: [{ name: 'models', models }],
    instances: [aCatalog(...Array.from({ length: 8 }, (_, index) => randomInstance(chance, index)))],
    runtimes: chance.of([nest, aviary], [aviary], [nest]),
    policy: chance.of('exact', 'exact', 'kaito'),
    unavailable: chance.of([], [], [{ instanceType: 'T3', reason: 'It was sold out' }]),
    provisioner: {
      ...catalogs().provisioner,
      retired: chance.of('refuse', 'warn'),
      capacityTypes: chance.of(['on-demand'], ['on-demand', 'spot']),
    },
  });
}

const ROUNDS = 10_000;

function each(seed: number, check: (workspace: Workspace, given: Catalogs, chance: Chance) => void): void {
  const chance = new Chance(seeded(seed));
  for (let round = 0; round < ROUNDS; round++) check(randomWorkspace(chance), randomCatalogs(chance), chance);
}

function bypasses({ warnings }: Plan): boolean {
  return warnings.some(({ code }) => code === 'ResourceChecksBypassed');
}

function asAlternative({ instanceType, zone, capacityType, provisioner }: Rung): ResourceAlternative {
  return {
    capacityType,
    ...(instanceType === undefined ? {} : { instanceType }),
    ...(zone === undefined ? {} : { zones: [zone] }),
    ...(provisioner === undefined ? {} : { provisioner }),
  };
}

describe('over random Workspaces and catalogs, the planner', function () {
  this.timeout(60_000);

  it('never throws, gives plain JSON, and gives it again', () => {
    const codes = new Map<string, number>();
    let refused = 0;
    each(1, (workspace, given) => {
      const decision = plan(workspace, given);
      const code = decision.feasible ? 'Plan' : decision.code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
      expect(JSON.parse(JSON.stringify(decision))).to.deep.equal(decision);
      expect(planHash(plan(structuredClone(workspace), given))).to.equal(planHash(decision));
      expect(explain(decision)).not.to.have.length(0);
      // What admission lets through the planner can read: it may refuse it for other reasons, and never as malformed.
      // Metadata is the API server's own to check, and a name of blanks is a name to the schema.
      const sent = JSON.parse(JSON.stringify(workspace)) as Workspace;
      admitWorkspace(workspace);
      if (admitWorkspace(sent).length > 0) refused += 1;
      else if (typeof sent.metadata?.name === 'string') {
        const read = plan(sent, given);
        const blank = !read.feasible && read.field.endsWith('.preset.name');
        expect(read.feasible || blank ? '' : read.code, JSON.stringify(sent)).not.to.equal('InvalidWorkspace');
      }
    });
    expect(refused).to.be.within(1000, ROUNDS - 1000);
    // The generator must reach the interesting ends, or the properties below would say nothing.
    for (const code of [
      'Plan',
      'InvalidWorkspace',
      'NotSupported',
      'UnknownPreset',
      'UnknownInstanceType',
      'UnknownRuntime',
      'InstanceTypeRetired',
      'InsufficientMemory',
      'InsufficientDisk',
    ]) {
      expect(codes.get(code) ?? 0, code).to.be.above(10);
    }
  });

  it('never plans more memory or disk than the machine has, but where its owner asked for just that', () => {
    let bypassed = 0;
    each(2, (workspace, given) => {
      const decision = plan(workspace, given);
      if (!decision.feasible) return;
      const { memory, nodes, engine } = decision;
      const machine = given.instances[0]?.instances().find(({ name }) => name === nodes.instanceType);
      if (bypasses(decision)) {
        bypassed += 1;
        expect(workspace.metadata.annotations).to.have.property('kaito.sh/bypass-resource-checks');
        return;
      }
      expect(memory.neededBytes).to.be.at.most(memory.usableBytes);
      expect(memory.usableBytes).to.be.at.most(memory.gpuBytes);
      expect(nodes.diskBytes).to.be.at.most(machine?.diskBytes ?? Number.MAX_VALUE);
      expect(engine.contextLength).to.be.within(1, memory.context.model);
      expect(engine.contextLength).to.be.at.most(memory.context.fits);
    });
    expect(bypassed).to.be.above(20);
  });

  it('never loses a model to more memory, and never serves it a shorter context by the same runtime', () => {
    each(3, (workspace, given, chance) => {
      const before = plan(workspace, given);
      if (!before.feasible) return;
      const factor = chance.between(1, 4);
      const [catalog] = given.instances;
      const grown = (catalog?.instances() ?? []).map((one) =>
        one.name === before.nodes.instanceType
          ? { ...one, gpu: { ...one.gpu, memoryBytes: bytes(one.gpu.memoryBytes * factor) } }
          : one,
      );
      const after = plan(workspace, { ...given, instances: [aCatalog(...grown)] });
      expect(after.feasible).to.equal(true);
      if (
        after.feasible &&
        after.runtime.name === before.runtime.name &&
        after.nodes.instanceType === before.nodes.instanceType
      ) {
        expect(after.engine.contextLength).to.be.at.least(before.engine.contextLength);
      }
    });
  });

  it('offers a way out that is one: doing what it says makes a Plan', () => {
    let followed = 0;
    each(4, (workspace, given) => {
      const refusal = plan(workspace, given);
      if (refusal.feasible) return;
      const [, instanceType] = /Set resource\.instanceType to (\S+) /.exec(refusal.remedy) ?? [];
      if (instanceType === undefined) return;
      followed += 1;
      expect(plan({ ...workspace, resource: { ...workspace.resource, instanceType } }, given).feasible).to.equal(true);
    });
    expect(followed).to.be.above(100);
  });

  it('keeps to the price limit, and takes no rung that an earlier one would have served', () => {
    let limited = 0;
    let climbed = 0;
    each(6, (workspace, given) => {
      const decision = plan(workspace, given);
      if (!decision.feasible) return;
      const { priceLimit } = workspace.resource ?? {};
      if (typeof priceLimit === 'number') {
        limited += 1;
        expect(decision.nodes.price?.usdPerHour ?? Number.MAX_VALUE).to.be.at.most(priceLimit);
      }
      const rungs = readLadder((workspace.resource ?? {}) as never);
      if ('feasible' in rungs) throw new Error('a Plan was made of a ladder that cannot be read');
      const { alternatives: _, instanceType: __, ...rest } = workspace.resource ?? {};
      for (const rung of rungs) {
        const alone = plan({ ...workspace, resource: { ...rest, alternatives: [asAlternative(rung)] } }, given);
        if (!alone.feasible) continue;
        // The first rung that works alone is the one that is taken.
        const { instanceType, zone, capacityType, count } = decision.nodes;
        expect(alone.nodes).to.include({ instanceType, capacityType, count });
        expect(alone.nodes.zone).to.equal(zone);
        if (rung !== rungs[0]) climbed += 1;
        return;
      }
      throw new Error('no rung of a feasible ladder works alone');
    });
    expect(limited).to.be.above(100);
    expect(climbed).to.be.above(50);
  });

  it('gives the same Plan for the Workspace that names what it chose', () => {
    each(7, (workspace, given) => {
      const first = plan(workspace, given);
      if (!first.feasible) return;
      const { instanceType, zone, capacityType } = first.nodes;
      const rung = { instanceType, capacityType, ...(zone === undefined ? {} : { zones: [zone] }) };
      const { instanceType: _, ...rest } = workspace.resource ?? {};
      const again = plan({ ...workspace, resource: { ...rest, alternatives: [rung] } }, given);
      expect(again.feasible && [again.nodes, again.engine, again.memory, again.runtime]).to.deep.equal([
        first.nodes,
        first.engine,
        first.memory,
        first.runtime,
      ]);
    });
  });

  it('never chooses a machine for which a cheaper one would do', () => {
    each(5, (workspace, given) => {
      const decision = plan(workspace, given);
      if (!decision.feasible || workspace.resource?.instanceType || workspace.resource?.alternatives?.length) return;
      const chosen = decision.nodes.price?.usdPerHour ?? Number.MAX_VALUE;
      for (const other of given.instances[0]?.instances() ?? []) {
        if (other.retiredOn === '2020-01-01') continue;
        const tried = plan({ ...workspace, resource: { ...workspace.resource, instanceType: other.name } }, given);
        // A machine that somebody names in spite of its memory is never one to be led to.
        if (tried.feasible && bypasses(tried)) continue;
        const usd = (tried.feasible && tried.nodes.price?.usdPerHour) || Number.MAX_VALUE;
        expect(usd, other.name).to.be.at.least(chosen);
      }
    });
  });
});
