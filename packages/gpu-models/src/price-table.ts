import type { Price } from '@kaito-sdk/core';

/** Prices by the name of the instance type. */
export type PriceTable = ReadonlyMap<string, readonly Price[]>;

/**
 * Reads a table of prices as people keep it, in text: one type a line, then `region=US dollars an hour`. A line that is not of that form is a
 * mistake of whoever wrote the table, so it throws, and a catalog with one fails at load.
 */
export function readPrices(table: string, facts: Pick<Price, 'asOf' | 'source'>): PriceTable {
  const lines = table.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [name = '', ...pairs] = line.trim().split(' ');
      return [name, pairs.map((pair) => readPrice(name, pair, facts))];
    }),
  );
}

function readPrice(name: string, pair: string, facts: Pick<Price, 'asOf' | 'source'>): Price {
  const [region = '', amount = ''] = pair.split('=');
  const usdPerHour = Number(amount);
  if (region === '' || !(usdPerHour > 0))
    throw new Error(`the price table has "${pair}" for ${name}; it needs region=price`);
  return { usdPerHour, region, ...facts };
}
