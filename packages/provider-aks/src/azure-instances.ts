import { gib, type InstanceCatalog, type InstanceType, type Price } from '@kaito-sdk/core';
import { AZURE_PRICES, PRICES_AS_OF, PRICES_SOURCE } from './azure-prices.js';
import { AZURE_SIZES, type AzureSize } from './azure-sizes.js';
import { CAPABILITY_SOURCE, GPU_MODELS, type GpuModel } from './gpu-models.js';
import { RETIREMENTS } from './retirements.js';

/**
 * Azure's GPU sizes. Disk is not in it: an agent pool gets as large an OS disk as its claim asks for. Prices are of the day they
 * were read, and say so.
 */
export const azureInstances: InstanceCatalog = {
  name: 'azure',
  instances: () => INSTANCES,
};

const PRICES = readPrices(AZURE_PRICES);
const INSTANCES: readonly InstanceType[] = AZURE_SIZES.map(instance);

function instance([name, model, count, gibPerGpu, source]: AzureSize): InstanceType {
  const gpu: GpuModel = GPU_MODELS[model];
  const retirement = RETIREMENTS.find(({ series }) => series.test(name));
  const sources = [
    source,
    ...(gpu.computeCapability === undefined ? [] : [`compute capability: ${CAPABILITY_SOURCE}`]),
    ...(retirement ? [`retirement: ${retirement.source}`] : []),
  ];
  return {
    name,
    gpu: {
      vendor: gpu.vendor,
      model: gpu.name,
      count,
      memoryBytes: gib(gibPerGpu),
      ...(gpu.computeCapability === undefined ? {} : { computeCapability: gpu.computeCapability }),
    },
    prices: PRICES.get(name) ?? [],
    ...(retirement ? { retiredOn: retirement.on } : {}),
    source: sources.join('; '),
  };
}

/** Reads the price table; a line that is not of its form is a mistake in this package, so it fails at load. */
function readPrices(table: string): ReadonlyMap<string, readonly Price[]> {
  const lines = table.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [name = '', ...pairs] = line.trim().split(' ');
      return [name, pairs.map((pair) => readPrice(name, pair))];
    }),
  );
}

function readPrice(name: string, pair: string): Price {
  const [region = '', amount = ''] = pair.split('=');
  const usdPerHour = Number(amount);
  if (region === '' || !(usdPerHour > 0))
    throw new Error(`the price table has "${pair}" for ${name}; it needs region=price`);
  return { usdPerHour, region, asOf: PRICES_AS_OF, source: PRICES_SOURCE };
}
