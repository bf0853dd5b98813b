import { bytes, gib, type MemoryDemand, mib } from '@kaito-sdk/core';
import { expect } from 'chai';
import { fitMemory, memoryAt, partsAt } from '../../dist/plan/memory-fit.js';
import { PLAIN_DEMAND } from './fixtures.js';

const part = (name: string, amount: number) => ({ name, bytes: bytes(amount), source: 'a figure' });
const demand = (fixed: number, perToken: number, squared: number, utilization = 1): MemoryDemand => ({
  utilization,
  fixed: [part('weights', fixed)],
  perToken: [part('cache', perToken)],
  perTokenSquared: [part('scores', squared)],
  minimumContext: 1,
});

describe('fitting memory', () => {
  const cases: readonly (readonly [why: string, demand: MemoryDemand, gpu: number, tokens: number])[] = [
    ['a context that grows evenly', demand(1000, 10, 0), 2000, 100],
    ['the last byte', demand(1000, 10, 0), 1999, 99],
    ['a context that grows with its square', demand(0, 0, 1), 100, 10],
    ['both together', demand(100, 10, 1), 300, 10],
    ['a share of the GPU only', demand(0, 1, 0, 0.5), 1000, 500],
    ['weights that fill the GPU', demand(1000, 10, 0), 1000, 0],
    ['weights that do not fit at all', demand(1001, 10, 0), 1000, 0],
  ];
  for (const [why, wanted, gpu, tokens] of cases) {
    it(`solves for ${why}`, () => expect(fitMemory(wanted, bytes(gpu)).tokens).to.equal(tokens));
  }

  it('never gives one token too many, at any size', () => {
    for (let gpu = 0; gpu < 2000; gpu += 7) {
      const wanted = demand(333, 11, 3);
      const { tokens, usableBytes } = fitMemory(wanted, bytes(gpu));
      if (tokens > 0) expect(memoryAt(wanted, tokens)).to.be.at.most(usableBytes);
      expect(memoryAt(wanted, tokens + 1)).to.be.above(usableBytes);
    }
  });

  it('gives a finite number of tokens to an engine whose need does not grow', () => {
    const { tokens } = fitMemory(demand(10, 0, 0), bytes(100));
    expect(JSON.parse(JSON.stringify({ tokens }))).to.deep.equal({ tokens });
    expect(tokens).to.be.above(1e9);
  });

  it('lists every part at the context asked for, and leaves out what comes to nothing', () => {
    expect(partsAt(PLAIN_DEMAND, 2048).map(({ name, bytes }) => [name, bytes])).to.deep.equal([
      ['weights', gib(1)],
      ['cache', mib(2048)],
    ]);
    expect(partsAt(demand(5, 0, 2), 10).map(({ name, bytes }) => [name, bytes])).to.deep.equal([
      ['weights', 5],
      ['scores', 200],
    ]);
  });
});
