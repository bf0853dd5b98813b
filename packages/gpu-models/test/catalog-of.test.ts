import { findInstance, gib } from '@kaito-sdk/core';
import { catalogOf, GPU_MODELS, type InstanceRow, readPrices } from '@kaito-sdk/gpu-models';
import { expect } from 'chai';

const rows: readonly InstanceRow[] = [
  ['old-2xv100', 'V100', 2, 16, 'a table'],
  ['red-1', 'V620', 1, 32, 'a list'],
];
const facts = { asOf: '2026-01-01', source: 'a price list' };

describe('a catalog made of rows', () => {
  it('has what follows from the model of the GPU, and where each figure stands', () => {
    const catalog = catalogOf({ name: 'shed', rows });
    expect(findInstance([catalog], 'OLD-2xv100')).to.deep.equal({
      name: 'old-2xv100',
      gpu: { vendor: 'nvidia', model: 'NVIDIA V100', count: 2, memoryBytes: gib(16), computeCapability: 7 },
      prices: [],
      source: "a table; compute capability: NVIDIA's table of CUDA GPUs and their compute capability",
    });
  });

  it('gives a GPU without CUDA no compute capability', () => {
    const red = findInstance([catalogOf({ name: 'shed', rows })], 'red-1');
    expect(red?.gpu).to.deep.equal({ vendor: 'amd', model: 'AMD Radeon PRO V620', count: 1, memoryBytes: gib(32) });
    expect(red?.source).to.equal('a list');
  });

  it('retires a series, with the day and who says so', () => {
    const retirements = [{ series: /^old-/, on: '2025-09-30', source: 'a notice' }];
    const [old, red] = catalogOf({ name: 'shed', rows, retirements }).instances();
    expect(old?.retiredOn).to.equal('2025-09-30');
    expect(old?.source).to.match(/; retirement: a notice$/);
    expect(red?.retiredOn).to.equal(undefined);
  });

  it('is made once', () => {
    const catalog = catalogOf({ name: 'shed', rows });
    expect(catalog.instances()).to.equal(catalog.instances());
  });
});

describe('a table of prices in text', () => {
  it('has several regions a line, each with the day and the source', () => {
    const prices = readPrices('\nold-2xv100 north=3.06 south=4\nred-1 north=1\n', facts);
    expect(prices.get('old-2xv100')).to.deep.equal([
      { usdPerHour: 3.06, region: 'north', ...facts },
      { usdPerHour: 4, region: 'south', ...facts },
    ]);
    const [old] = catalogOf({ name: 'shed', rows, prices }).instances();
    expect(old?.prices).to.have.length(2);
  });

  for (const line of ['old north', 'old north=', 'old =3', 'old north=free', 'old north=0']) {
    it(`refuses "${line}" at load`, () => {
      expect(() => readPrices(line, facts)).to.throw(/the price table has ".*" for old; it needs region=price/);
    });
  }
});

describe('the models of GPUs', () => {
  it('are named with their vendor, and have a compute capability where there is CUDA', () => {
    for (const { vendor, name, ...more } of Object.values(GPU_MODELS)) {
      expect(name).to.match(vendor === 'nvidia' ? /^NVIDIA / : /^AMD /);
      expect('computeCapability' in more).to.equal(vendor === 'nvidia');
    }
  });
});
