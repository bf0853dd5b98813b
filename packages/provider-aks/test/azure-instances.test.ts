import { gib } from '@kaito-sdk/core';
import { azureInstances } from '@kaito-sdk/provider-aks';
import { expect } from 'chai';
import { AZURE_PRICES } from '../dist/azure-prices.js';

const all = azureInstances.instances();
const named = (name: string) => {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not in the catalog`);
  return found;
};

describe('the Azure instance catalog', () => {
  const rows: readonly (readonly [
    name: string,
    gpu: string,
    count: number,
    gibEach: number,
    capability: number | undefined,
  ])[] = [
    ['Standard_NC6', 'NVIDIA K80', 1, 12, 3.7],
    ['Standard_NV12', 'NVIDIA M60', 2, 8, 5.2],
    ['Standard_NC6s_v2', 'NVIDIA P100', 1, 16, 6],
    ['Standard_ND24s', 'NVIDIA P40', 4, 24, 6.1],
    ['Standard_NC6s_v3', 'NVIDIA V100', 1, 16, 7],
    ['Standard_NC24rs_v3', 'NVIDIA V100', 4, 16, 7],
    ['Standard_ND40rs_v2', 'NVIDIA V100', 8, 32, 7],
    ['Standard_NC4as_T4_v3', 'NVIDIA T4', 1, 16, 7.5],
    ['Standard_NC64as_T4_v3', 'NVIDIA T4', 4, 16, 7.5],
    ['Standard_NV6ads_A10_v5', 'NVIDIA A10', 1, 4, 8.6],
    ['Standard_NV72ads_A10_v5', 'NVIDIA A10', 2, 24, 8.6],
    ['Standard_NC24ads_A100_v4', 'NVIDIA A100', 1, 80, 8],
    ['Standard_ND96asr_v4', 'NVIDIA A100', 8, 40, 8],
    ['Standard_ND96amsr_A100_v4', 'NVIDIA A100', 8, 80, 8],
    ['Standard_NC80adis_H100_v5', 'NVIDIA H100', 2, 94, 9],
    ['Standard_ND96isr_H200_v5', 'NVIDIA H200', 8, 141, 9],
    ['Standard_NG32ads_V620_v1', 'AMD Radeon PRO V620', 1, 32, undefined],
  ];
  for (const [name, model, count, gibEach, capability] of rows) {
    it(`knows the GPUs of ${name}`, () => {
      const { gpu } = named(name);
      expect(gpu).to.deep.include({ model, count, memoryBytes: gib(gibEach) });
      expect(gpu.computeCapability).to.equal(capability);
      expect(gpu.vendor).to.equal(model.split(' ')[0]?.toLowerCase());
    });
  }

  it('has a compute capability for every NVIDIA GPU and for no other', () => {
    for (const { gpu, name } of all)
      expect(gpu.computeCapability !== undefined, name).to.equal(gpu.vendor === 'nvidia');
  });

  const retired: readonly (readonly [day: string, names: readonly string[]])[] = [
    [
      '2023-09-06',
      [
        'Standard_NC6',
        'Standard_NC24r',
        'Standard_NC12s_v2',
        'Standard_NC24rs_v2',
        'Standard_ND6s',
        'Standard_ND24rs',
        'Standard_NV24',
      ],
    ],
    ['2025-09-30', ['Standard_NC6s_v3', 'Standard_NC12s_v3', 'Standard_NC24s_v3', 'Standard_NC24rs_v3']],
    ['2026-09-30', ['Standard_NV12s_v3', 'Standard_NV48s_v3', 'Standard_NV32as_v4']],
  ];
  for (const [day, names] of retired) {
    it(`knows what was retired on ${day}, and says where that stands`, () => {
      for (const name of names) {
        expect(named(name).retiredOn, name).to.equal(day);
        expect(named(name).source).to.contain('retirement: Microsoft');
      }
    });
  }

  it('takes the present sizes to be offered', () => {
    for (const name of [
      'Standard_NC4as_T4_v3',
      'Standard_NC24ads_A100_v4',
      'Standard_NV36ads_A10_v5',
      'Standard_ND96isr_H100_v5',
      'Standard_ND96asr_v4',
    ]) {
      expect(named(name)).not.to.have.property('retiredOn');
    }
  });

  it('has the prices of the snapshot, each with region, day and source', () => {
    const price = (name: string, region: string) => named(name).prices.find((one) => one.region === region)?.usdPerHour;
    expect(price('Standard_NC6s_v3', 'eastus')).to.equal(3.06);
    expect(price('Standard_NC4as_T4_v3', 'eastus')).to.equal(0.526);
    expect(price('Standard_NC4as_T4_v3', 'nowhere')).to.equal(undefined);
    for (const { prices } of all) {
      for (const one of prices) {
        expect(one.usdPerHour).to.be.within(0.1, 300);
        expect(one.region).to.match(/^[a-z0-9]+$/);
        expect(one.asOf).to.equal('2026-06-18');
        expect(one.source).not.to.equal('');
      }
      expect(new Set(prices.map(({ region }) => region)).size).to.equal(prices.length);
    }
  });

  it('has no price for a size that it does not know', () => {
    const priced = AZURE_PRICES.trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(priced).to.have.length(31);
    expect(
      all
        .filter(({ prices }) => prices.length > 0)
        .map(({ name }) => name)
        .sort(),
    ).to.deep.equal(priced.sort());
  });

  it('names each size once, whatever the case, and the source of its facts', () => {
    expect(new Set(all.map(({ name }) => name.toLowerCase())).size).to.equal(all.length);
    expect(all).to.have.length(52);
    for (const { source, gpu } of all)
      expect(source).to.match(gpu.count === 0 ? /^Microsoft Learn, / : /^KAITO v0\.(12\.0|3\.2), /);
  });

  it('is plain JSON, and the same object each time', () => {
    expect(JSON.parse(JSON.stringify(all))).to.deep.equal(all);
    expect(azureInstances.instances()).to.equal(all);
  });
});
