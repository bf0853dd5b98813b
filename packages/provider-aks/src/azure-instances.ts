import type { InstanceCatalog } from '@kaito-sdk/core';
import { catalogOf, readPrices } from '@kaito-sdk/gpu-models';
import { AZURE_PRICES, PRICES_AS_OF, PRICES_SOURCE } from './azure-prices.js';
import { AZURE_PROCESSOR_SIZES } from './azure-processor-sizes.js';
import { AZURE_SIZES } from './azure-sizes.js';
import { RETIREMENTS } from './retirements.js';

const gpus = catalogOf({
  name: 'azure',
  rows: AZURE_SIZES,
  prices: readPrices(AZURE_PRICES, { asOf: PRICES_AS_OF, source: PRICES_SOURCE }),
  retirements: RETIREMENTS,
});
const all = [...gpus.instances(), ...AZURE_PROCESSOR_SIZES];

/**
 * Azure's GPU sizes, and some without a GPU. Disk is not in it: an agent pool gets as large an OS disk as its claim asks for. Prices are of the day they
 * were read, and say so.
 */
export const azureInstances: InstanceCatalog = { name: 'azure', instances: () => all };
