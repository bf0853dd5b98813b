import { gib, type InstanceCatalog, type InstanceType, type Price } from '@kaito-sdk/core';
import { AWS_PRICES, PRICES_AS_OF, PRICES_SOURCE } from './aws-prices.js';
import { AWS_TYPES, type AwsType } from './aws-types.js';
import { CAPABILITY_SOURCE, GPU_MODELS, type GpuModel } from './gpu-models.js';

/**
 * AWS's GPU instance types. Disk is not in it: a node class gives a node as large a volume as it asks for. Prices are of the day they
 * were read, and say so. No retirement is known of any of them.
 */
export const awsInstances: InstanceCatalog = {
  name: 'aws',
  instances: () => INSTANCES,
};

const PRICES: ReadonlyMap<string, readonly Price[]> = new Map(AWS_PRICES.trim().split('\n').map(readPrices));
const INSTANCES: readonly InstanceType[] = AWS_TYPES.map(instance);

function instance([name, model, count, gibPerGpu, source]: AwsType): InstanceType {
  const gpu: GpuModel = GPU_MODELS[model];
  const { computeCapability } = gpu;
  return {
    name,
    gpu: {
      vendor: gpu.vendor,
      model: gpu.name,
      count,
      memoryBytes: gib(gibPerGpu),
      ...(computeCapability === undefined ? {} : { computeCapability }),
    },
    prices: PRICES.get(name) ?? [],
    source: computeCapability === undefined ? source : `${source}; compute capability: ${CAPABILITY_SOURCE}`,
  };
}

/** One line of the price table; one that is not of its form is a mistake in this package, so it fails at load. */
function readPrices(line: string): readonly [name: string, prices: readonly Price[]] {
  const [name = '', ...pairs] = line.trim().split(' ');
  return [
    name,
    pairs.map((pair) => {
      const [region = '', amount = ''] = pair.split('=');
      const usdPerHour = Number(amount);
      if (region === '' || !(usdPerHour > 0))
        throw new Error(`the price table has "${pair}" for ${name}; it needs region=price`);
      return { usdPerHour, region, asOf: PRICES_AS_OF, source: PRICES_SOURCE };
    }),
  ];
}
