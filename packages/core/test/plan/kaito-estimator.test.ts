import { gib, kaitoNodes } from '@kaito-sdk/core';
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

interface Row {
  readonly model: readonly [weightGib: number, cache: number];
  readonly gpu: readonly [gib: number, gpus: number];
  readonly context?: number;
  readonly nodes: number | 'too small';
}

/** Sizes and cache a token as in the catalog of KAITO v0.12.0; nodes by its formula, worked out by hand. */
const MINI4: Row['model'] = [7.15, 131_072];
const MINI3: Row['model'] = [7.12, 393_216];
const PHI4: Row['model'] = [27.31, 204_800];
const ROWS: readonly (readonly [what: string, Row])[] = [
  [
    'phi-4-mini at 131,072 tokens on 24 GiB: the example of its over-count',
    { model: MINI4, gpu: [24, 1], context: 131_072, nodes: 5 },
  ],
  ['phi-4-mini on 24 GiB', { model: MINI4, gpu: [24, 1], nodes: 1 }],
  ['phi-3-mini on 16 GiB', { model: MINI3, gpu: [16, 1], nodes: 1 }],
  ['phi-3-mini at 131,072 tokens on 24 GiB', { model: MINI3, gpu: [24, 1], context: 131_072, nodes: 'too small' }],
  ['phi-3-mini at 131,072 tokens on 80 GiB', { model: MINI3, gpu: [80, 1], context: 131_072, nodes: 1 }],
  ['phi-4 on 24 GiB', { model: PHI4, gpu: [24, 1], nodes: 2 }],
  ['phi-4 on two of 24 GiB', { model: PHI4, gpu: [24, 2], nodes: 1 }],
  ['phi-4 on 16 GiB', { model: PHI4, gpu: [16, 1], nodes: 3 }],
  ['phi-4 on 80 GiB', { model: PHI4, gpu: [80, 1], nodes: 1 }],
  ['a model of 131 GiB on eight of 80 GiB', { model: [131.42, 327_680], gpu: [80, 8], nodes: 1 }],
  ['a model of 131 GiB on one of 80 GiB', { model: [131.42, 327_680], gpu: [80, 1], nodes: 3 }],
  ['a GPU of 2 GiB', { model: MINI4, gpu: [2, 1], nodes: 'too small' }],
];

describe("KAITO's estimator", () => {
  for (const [what, { model, gpu, context, nodes }] of ROWS) {
    it(`gives ${nodes === 'too small' ? 'an error' : `${nodes} node${nodes === 1 ? '' : 's'}`} for ${what}`, () => {
      const estimate = kaitoNodes({
        gpuBytes: gib(gpu[0]),
        gpusPerNode: gpu[1],
        weightBytes: gib(model[0]),
        cacheBytesPerToken: model[1],
        ...(context === undefined ? {} : { contextLength: context }),
      });
      expect(estimate.sized ? estimate.nodes : 'too small').to.equal(nodes);
    });
  }

  it('asks for one GPU more at an exact fit', () => {
    // 0.84 x 100 GiB less 2.3 GiB, divided by 1.05, is 77.809... GiB; times 1/1.02 is the weight that fills it.
    const usable = (0.84 * gib(100) - gib(2.3)) / 1.05;
    const exact = { gpuBytes: gib(100), gpusPerNode: 1, weightBytes: usable / 1.02, cacheBytesPerToken: 0 };
    expect(kaitoNodes(exact)).to.include({ gpus: 2 });
    expect(kaitoNodes({ ...exact, weightBytes: usable / 1.02 - 1000 })).to.include({ gpus: 1 });
  });
});

describe('the policy kaito', () => {
  const model = { ...aPreset().model, parameters: 13_000_000_000 };
  const presets = [{ name: 'birds', models: [aPreset({ name: 'heron', model })] }];
  const heron = (count?: number) =>
    aWorkspace({
      inference: { preset: { name: 'heron' } },
      resource: { instanceType: 'Mid', labelSelector: {}, ...(count === undefined ? {} : { count }) },
    });
  const given = (gpuGib: number, longestPipeline?: number) =>
    catalogs({
      policy: 'kaito',
      presets,
      instances: [aCatalog(anInstance('Mid', { gpuGib, usd: 1 }))],
      runtimes: [
        aRuntime({
          sizing: () => ({ ...PLAIN_DEMAND, shared: true }),
          ...(longestPipeline === undefined ? {} : { longestPipeline }),
        }),
      ],
    });

  it('says how many nodes, whatever resource.count says, and that it did', () => {
    const plan = feasible(heron(3), given(80));
    expect(plan.nodes.count).to.equal(1);
    expect(plan.warnings.map(({ code }) => code)).to.include('CountIgnored');
  });

  it('makes a Plan over the estimated nodes where the runtime deals a model over nodes', () => {
    const plan = feasible(heron(), given(24, 4));
    expect(plan.nodes).to.include({ count: 2, pipeline: 2 });
    expect(plan.nodes.price?.usdPerHour).to.equal(2);
    expect(plan.warnings.map(({ code }) => code)).to.include('ModelOverSeveralNodes');
  });

  it('refuses by name where the runtime does not, though ours would fit it on one', () => {
    const refusal = infeasible(heron(), given(24));
    expect(refusal.code).to.equal('RuntimeUnsupported');
    expect(refusal.message).to.equal(
      "KAITO's estimator asks for 2 nodes of Mid, and nest does not deal a model over nodes.",
    );
    expect(feasible(heron(), { ...given(24), policy: 'exact' }).nodes.count).to.equal(1);
  });

  it('takes resource.count as it is for an engine that serves one request at a time, as KAITO does', () => {
    const plan = feasible(heron(3), { ...given(24), runtimes: [aRuntime()] });
    expect(plan.nodes.count).to.equal(3);
    expect(plan.warnings.map(({ code }) => code)).not.to.include('CountIgnored');
  });

  it('refuses what KAITO refuses', () => {
    const refusal = infeasible(heron(), given(2));
    expect(refusal.code).to.equal('InsufficientMemory');
    expect(refusal.message).to.match(/^GPU memory of 2\.00 GiB is too small/);
  });
});
