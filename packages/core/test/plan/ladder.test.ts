import { bytes, explain, fitMemory, memoryAt, partsAt } from '@kaito-sdk/core';
import { expect } from 'chai';
import {
  aCatalog,
  anInstance,
  aPreset,
  aRuntime,
  aWorkspace,
  catalogs,
  feasible,
  infeasible,
  PLAIN_DEMAND,
} from './fixtures.js';

const instances = [
  aCatalog(
    anInstance('Tiny', { gpuGib: 1, usd: 0.5 }),
    anInstance('Small', { gpuGib: 8, usd: 1 }),
    anInstance('Large', { gpuGib: 80, usd: 4 }),
    anInstance('Odd', { gpuGib: 80 }),
    anInstance('Gone', { gpuGib: 80, usd: 0.1 }, { retiredOn: '2020-01-01' }),
  ),
];
const given = catalogs({ instances });
const spot = catalogs({ instances, provisioner: { ...given.provisioner, capacityTypes: ['on-demand', 'spot'] } });
const asks = (resource: Readonly<Record<string, unknown>>) =>
  aWorkspace({ resource: { labelSelector: { matchLabels: { apps: 'songs' } }, ...resource } });

describe('a ladder', () => {
  it('is climbed in its order: the instance type first, then the alternatives, whatever they cost', () => {
    const alternatives = [{ instanceType: 'Large' }, { instanceType: 'Small' }];
    expect(feasible(asks({ instanceType: 'Small', alternatives }), given).nodes.instanceType).to.equal('Small');
    const plan = feasible(asks({ instanceType: 'Tiny', alternatives }), given);
    expect(plan.nodes.instanceType).to.equal('Large');
    expect(plan.rejected[0]).to.include({ candidate: 'Tiny' });
    expect(plan.rejected[0]?.reason).to.match(/^sparrow-small-instruct with nest needs/);
  });

  it('is all there is where no instance type is named', () => {
    expect(feasible(asks({ alternatives: [{ instanceType: 'Large' }] }), given).nodes.instanceType).to.equal('Large');
  });

  it('may end with anything that fits, the cheapest', () => {
    const plan = feasible(asks({ instanceType: 'Gone', alternatives: [{}] }), given);
    expect(plan.nodes.instanceType).to.equal('Small');
    expect(plan.rejected[0]?.reason).to.match(/^Gone was retired/);
  });

  it('names zone and capacity type of the rung that is taken', () => {
    const alternatives = [{ instanceType: 'Small', zones: ['z2', 'z1'], capacityType: 'spot' }];
    const plan = feasible(asks({ instanceType: 'Tiny', alternatives }), spot);
    expect(plan.nodes).to.include({ instanceType: 'Small', zone: 'z2', capacityType: 'spot' });
    expect(plan.warnings.map(({ code }) => code)).to.include('SpotNode');
  });

  it('takes a null for nothing, as the API server does', () => {
    const alternatives = [{ instanceType: 'Small', zones: null, capacityType: null, provisioner: null }];
    expect(feasible(asks({ alternatives, priceLimit: null }), given).nodes).to.include({
      instanceType: 'Small',
      capacityType: 'on-demand',
    });
  });

  it('goes on to the next zone, and the next rung, where an offer was not to be had a while ago', () => {
    const alternatives = [{ instanceType: 'Small', zones: ['z1', 'z2'] }, { instanceType: 'Large' }];
    const bad = (zone?: string) => ({ instanceType: 'small', ...(zone ? { zone } : {}), reason: 'It was sold out' });
    const inZ2 = feasible(asks({ alternatives }), { ...given, unavailable: [bad('z1')] });
    expect(inZ2.nodes).to.include({ instanceType: 'Small', zone: 'z2' });
    expect(inZ2.rejected).to.deep.equal([{ candidate: 'Small, in z1', reason: 'It was sold out.' }]);
    const large = feasible(asks({ alternatives }), { ...given, unavailable: [bad()] });
    expect(large.nodes.instanceType).to.equal('Large');
    expect(large.rejected.map(({ candidate }) => candidate)).to.deep.equal(['Small, in z1', 'Small, in z2']);
  });

  it('passes over what the provisioner cannot do, with the reason', () => {
    const alternatives = [{ capacityType: 'spot' }, { provisioner: 'ranger' }, { instanceType: 'Small' }];
    const plan = feasible(asks({ alternatives }), given);
    expect(plan.rejected).to.deep.equal([
      {
        candidate: 'any instance type, spot',
        reason: 'gardener gives on-demand nodes only, and spot ones are asked for.',
      },
      { candidate: 'any instance type, by ranger', reason: 'Nodes here come from gardener, and not from ranger.' },
    ]);
    expect(feasible(asks({ alternatives: [{ provisioner: 'gardener' }] }), given).nodes.instanceType).to.equal('Small');
  });

  it('that leads nowhere is refused for its first rung, with the reasons of all', () => {
    const alternatives = [{ instanceType: 'Tine' }, { capacityType: 'spot' }];
    const refusal = infeasible(asks({ instanceType: 'Tiny', alternatives }), given);
    expect(refusal).to.include({ code: 'InsufficientMemory', field: 'resource.instanceType' });
    expect(refusal.message).to.match(/^None of the 3 rungs of the ladder will do; the first: sparrow/);
    expect(refusal.rejected.map(({ candidate }) => candidate)).to.deep.equal([
      'Tiny',
      'Tine',
      'any instance type, spot',
    ]);
  });

  it('of one rung is refused as that rung, by its place', () => {
    const refusal = infeasible(asks({ alternatives: [{ instanceType: 'Tiny' }] }), given);
    expect(refusal.field).to.equal('resource.alternatives[0].instanceType');
    expect(refusal.message).not.to.match(/rungs/);
  });

  const odd: readonly (readonly [what: string, alternatives: unknown, field: string])[] = [
    ['is no list', { instanceType: 'Small' }, 'resource.alternatives'],
    ['has a rung that is a text', ['Small'], 'resource.alternatives[0]'],
    ['has a mistyped key', [{}, { instancetype: 'Small' }], 'resource.alternatives[1].instancetype'],
    ['has a number for a type', [{ instanceType: 7 }], 'resource.alternatives[0].instanceType'],
    ['has an unknown capacity type', [{ capacityType: 'borrowed' }], 'resource.alternatives[0].capacityType'],
    ['has zones that are none', [{ zones: 'z1' }], 'resource.alternatives[0].zones'],
  ];
  for (const [what, alternatives, field] of odd) {
    it(`that ${what} is refused by its field`, () => {
      const code = what === 'has a mistyped key' ? 'NotSupported' : 'InvalidWorkspace';
      expect(infeasible(asks({ alternatives }), given)).to.include({ code, field });
    });
  }
});

describe('a price limit', () => {
  it('keeps every choice below it', () => {
    expect(feasible(asks({ priceLimit: 1 }), given).nodes.price?.usdPerHour).to.equal(1);
    const alternatives = [{ instanceType: 'Large' }, {}];
    const plan = feasible(asks({ alternatives, priceLimit: 2 }), given);
    expect(plan.nodes.instanceType).to.equal('Small');
    expect(plan.rejected[0]).to.deep.equal({
      candidate: 'Large',
      reason: 'Large costs $4 an hour in north, above the limit of $2.',
    });
  });

  it('counts all nodes together', () => {
    const refusal = infeasible(asks({ instanceType: 'Small', count: 3, priceLimit: 2.5 }), given);
    expect(refusal).to.include({ code: 'PriceLimitExceeded', field: 'resource.priceLimit' });
    expect(refusal.message).to.equal('3 x Small costs $3 an hour in north, above the limit of $2.5.');
    expect(refusal.remedy).to.match(/^Raise resource\.priceLimit to 3\./);
    expect(feasible(asks({ instanceType: 'Small', count: 3, priceLimit: 3 }), given).nodes.count).to.equal(3);
  });

  it('leaves out what has no known price', () => {
    const refusal = infeasible(asks({ instanceType: 'Odd', priceLimit: 100 }), given);
    expect(refusal.message).to.equal('The price of Odd is not known, so it cannot be kept below the limit of $100.');
    expect(refusal.remedy).to.match(/Set resource\.instanceType to Small \(\$1 an hour in north\)/);
  });

  it('that nothing meets is refused with the one that comes nearest', () => {
    const refusal = infeasible(asks({ priceLimit: 0.6 }), given);
    expect(refusal.code).to.equal('PriceLimitExceeded');
    expect(refusal.message).to.contain('the nearest: Small costs $1 an hour');
    expect(refusal.remedy).to.equal('Raise resource.priceLimit to 1.');
  });

  for (const odd of [0, -1, 'cheap', Number.NaN, {}]) {
    it(`of ${JSON.stringify(odd)} is refused`, () => {
      expect(infeasible(asks({ priceLimit: odd }), given).field).to.equal('resource.priceLimit');
    });
  }
});

describe('a model over several nodes', () => {
  const pair = (longestPipeline?: number) =>
    catalogs({
      instances: [aCatalog(anInstance('Half', { gpuGib: 1, usd: 1 }))],
      runtimes: [
        aRuntime({
          ...(longestPipeline === undefined ? {} : { longestPipeline }),
          sizing: ({ pipeline = 1 }) => ({
            utilization: 1,
            fixed: [{ name: 'weights', bytes: Math.ceil(2 ** 31 / pipeline) as never, source: 'two GiB' }],
            perToken: [],
            perTokenSquared: [],
            minimumContext: 1,
          }),
        }),
      ],
    });

  it('is planned only by a runtime that says it can, and over no more nodes than it takes', () => {
    expect(infeasible(asks({ instanceType: 'Half' }), pair()).code).to.equal('InsufficientMemory');
    const plan = feasible(asks({ instanceType: 'Half' }), pair(8));
    expect(plan.nodes).to.include({ count: 2, pipeline: 2 });
    expect(plan.nodes.price?.usdPerHour).to.equal(2);
    expect(infeasible(asks({ instanceType: 'Half', priceLimit: 1 }), pair(8)).code).to.equal('PriceLimitExceeded');
  });

  it('comes in whole copies', () => {
    expect(feasible(asks({ instanceType: 'Half', count: 3 }), pair(8)).nodes).to.include({ count: 4, pipeline: 2 });
  });
});

describe('what a Plan says of all this', () => {
  it('names zone, pipeline and the sequences that fit at once', () => {
    const alternatives = [{ instanceType: 'Small', zones: ['z1'] }];
    const plan = feasible(asks({ alternatives }), {
      ...given,
      runtimes: [aRuntime({ sizing: () => ({ ...PLAIN_DEMAND, shared: true, minimumContext: 1 }) })],
      presets: [{ name: 'birds', models: [aPreset({ model: { ...aPreset().model, contextLength: 1024 } })] }],
    });
    expect(plan.memory.context).to.deep.equal({ model: 1024, fits: 7168, sequences: 7 });
    const lines = explain({ ...plan, nodes: { ...plan.nodes, count: 2, pipeline: 2 } });
    expect(lines).to.include(
      'nodes       2 x Small (1 x NVIDIA B1, 8.00 GiB each), on-demand, in z1, 2 nodes share the layers of one copy, by gardener',
    );
    expect(lines).to.include('            7 sequences of that length at once');
  });

  it('lists figures that nobody verified by their source, once', () => {
    const sources = {
      'model.layers': 'a guess; unverified',
      'model.kvHeads': 'a guess; unverified',
      licence: 'the card',
    };
    const presets = [{ name: 'birds', models: [aPreset({ sources })] }];
    expect(feasible(asks({ instanceType: 'Large' }), { ...given, presets }).unverified).to.deep.equal([
      'sparrow-small-instruct, model.layers, model.kvHeads: a guess; unverified',
    ]);
  });

  it('refuses a deprecated model by its name, with the one to take instead, and never proposes it', () => {
    const old = aPreset({
      name: 'sparrow-old',
      deprecated: { reason: 'it has flown', instead: 'sparrow-small-instruct' },
    });
    const presets = [{ name: 'birds', models: [old, aPreset()] }];
    const named = (name: string) => aWorkspace({ inference: { preset: { name } } });
    expect(infeasible(named('Sparrow-Old'), { ...given, presets })).to.deep.include({
      code: 'PresetDeprecated',
      field: 'inference.preset.name',
      message: 'sparrow-old is no longer served: it has flown.',
      remedy: 'Set inference.preset.name to sparrow-small-instruct.',
    });
    expect(infeasible(named('sparrow-olt'), { ...given, presets }).remedy).not.to.contain('sparrow-old');
  });

  it('stops a part of the memory growing where it says so', () => {
    const part = (name: string, upTo?: number) => ({
      name,
      bytes: bytes(10),
      source: 'a figure',
      ...(upTo === undefined ? {} : { upTo }),
    });
    const demand = { ...PLAIN_DEMAND, fixed: [], perToken: [part('full'), part('window', 100)] };
    expect(memoryAt(demand, 50)).to.equal(1000);
    expect(memoryAt(demand, 1000)).to.equal(11_000);
    expect(partsAt(demand, 1000).map((one) => one.bytes)).to.deep.equal([10_000, 1000]);
    expect(fitMemory({ ...demand, utilization: 1 }, bytes(11_005)).tokens).to.equal(1000);
  });
});
