import type { InstanceType } from '@kaito-sdk/core';
import { expect } from 'chai';
import { byPrice, formatPrice, priceOf, times } from '../../dist/plan/price.js';
import { anInstance } from './fixtures.js';

const priced = (name: string, prices: Readonly<Record<string, number>>): InstanceType =>
  anInstance(
    name,
    {},
    {
      prices: Object.entries(prices).map(([region, usdPerHour]) => ({
        region,
        usdPerHour,
        asOf: '2026-01-01',
        source: 'a list',
      })),
    },
  );

describe('prices', () => {
  it('are those of the region asked for, and never of another', () => {
    const machine = priced('A', { north: 2, south: 1 });
    expect(priceOf(machine, 'south')?.usdPerHour).to.equal(1);
    expect(priceOf(machine, 'west')).to.equal(undefined);
  });

  it('are the first known when no region is asked for', () => {
    expect(priceOf(priced('A', { north: 2, south: 1 }), undefined)?.region).to.equal('north');
    expect(priceOf(priced('A', {}), undefined)).to.equal(undefined);
  });

  it('multiply without the crumbs of binary fractions', () => {
    expect(times({ usdPerHour: 0.1, region: 'north', asOf: '', source: '' }, 3).usdPerHour).to.equal(0.3);
  });

  it('order machines from cheap to dear, the unpriced last and by size', () => {
    const big = anInstance('Big', { gpuGib: 80 });
    const small = anInstance('Little', { gpuGib: 8 });
    const machines = [big, priced('Dear', { north: 9 }), small, priced('Cheap', { north: 1 })];
    expect([...machines].sort(byPrice(undefined)).map(({ name }) => name)).to.deep.equal([
      'Cheap',
      'Dear',
      'Little',
      'Big',
    ]);
  });

  it('order machines of one price by size and then by name, so that the order is total', () => {
    const machines = [anInstance('b', { usd: 1 }), anInstance('a', { usd: 1 }), anInstance('c', { usd: 1, gpuGib: 4 })];
    expect([...machines].sort(byPrice('north')).map(({ name }) => name)).to.deep.equal(['c', 'a', 'b']);
  });

  it('say their region', () => {
    expect(formatPrice({ usdPerHour: 3.06, region: 'north', asOf: '', source: '' })).to.equal('$3.06 an hour in north');
  });
});
