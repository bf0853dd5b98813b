import { awsInstances } from '@kaito-sdk/catalog-aws';
import { gib } from '@kaito-sdk/core';
import { expect } from 'chai';
import { AWS_PRICES } from '../dist/aws-prices.js';

const all = awsInstances.instances();
const named = (name: string) => {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not in the catalog`);
  return found;
};

describe('the AWS instance catalog', () => {
  const rows: readonly (readonly [
    name: string,
    gpu: string,
    count: number,
    gibEach: number,
    capability: number | undefined,
    usd: number | undefined,
  ])[] = [
    ['p2.16xlarge', 'NVIDIA K80', 16, 12, 3.7, 14.4],
    ['p3.2xlarge', 'NVIDIA V100', 1, 16, 7, 3.06],
    ['p3dn.24xlarge', 'NVIDIA V100', 8, 32, 7, 31.212],
    ['g3s.xlarge', 'NVIDIA M60', 1, 8, 5.2, 0.75],
    ['g4dn.xlarge', 'NVIDIA T4', 1, 16, 7.5, 0.526],
    ['g4dn.12xlarge', 'NVIDIA T4', 4, 16, 7.5, 3.912],
    ['g5.12xlarge', 'NVIDIA A10G', 4, 24, 8.6, 5.672],
    ['g6.xlarge', 'NVIDIA L4', 1, 24, 8.9, 0.8048],
    ['p4d.24xlarge', 'NVIDIA A100', 8, 40, 8, 21.957642],
    ['p4de.24xlarge', 'NVIDIA A100', 8, 80, 8, 27.44705],
    ['p5.48xlarge', 'NVIDIA H100', 8, 80, 9, 55.04],
    ['p5e.48xlarge', 'NVIDIA H200', 8, 141, 9, undefined],
    ['g4ad.xlarge', 'AMD Radeon Pro V520', 1, 8, undefined, 0.37853],
  ];
  for (const [name, model, count, gibEach, capability, usd] of rows) {
    it(`knows the GPUs and the price of ${name}`, () => {
      const { gpu, prices } = named(name);
      expect(gpu).to.deep.include({ model, count, memoryBytes: gib(gibEach) });
      expect(gpu.computeCapability).to.equal(capability);
      expect(prices.find(({ region }) => region === 'us-east-1')?.usdPerHour).to.equal(usd);
    });
  }

  it('has a compute capability for every NVIDIA GPU and for no other', () => {
    for (const { gpu, name } of all)
      expect(gpu.computeCapability !== undefined, name).to.equal(gpu.vendor === 'nvidia');
  });

  it('has a price only for types that it knows, each with region, day and source', () => {
    const priced = AWS_PRICES.trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(
      all
        .filter(({ prices }) => prices.length > 0)
        .map(({ name }) => name)
        .sort(),
    ).to.deep.equal(priced.sort());
    for (const price of all.flatMap(({ prices }) => prices)) {
      expect(price).to.include({ region: 'us-east-1', asOf: '2026-07-20' });
      expect(price.usdPerHour).to.be.within(0.1, 100);
      expect(price.source).to.contain('Karpenter');
    }
  });

  it('leaves out machines whose CPU the images are not built for, and accelerators that are no GPUs', () => {
    expect(all.filter(({ name }) => /^(g5g|trn|inf)/.test(name))).to.deep.equal([]);
  });

  it('names each type once, and the source of its facts, as plain JSON', () => {
    expect(new Set(all.map(({ name }) => name)).size).to.equal(all.length);
    expect(all).to.have.length(43);
    for (const { source } of all) expect(source).to.match(/^KAITO v0\.(12\.0|3\.2), /);
    expect(JSON.parse(JSON.stringify(all))).to.deep.equal(all);
    expect(awsInstances.instances()).to.equal(all);
  });
});
