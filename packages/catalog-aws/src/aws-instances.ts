import type { InstanceCatalog } from '@kaito-sdk/core';
import { catalogOf, readPrices } from '@kaito-sdk/gpu-models';
import { AWS_PRICES, PRICES_AS_OF, PRICES_SOURCE } from './aws-prices.js';
import { AWS_TYPES } from './aws-types.js';

/**
 * AWS's GPU instance types. Disk is not in it: a node class gives a node as large a volume as it asks for. Prices are of the day they
 * were read, and say so. No retirement is known of any of them.
 */
export const awsInstances: InstanceCatalog = catalogOf({
  name: 'aws',
  rows: AWS_TYPES,
  prices: readPrices(AWS_PRICES, { asOf: PRICES_AS_OF, source: PRICES_SOURCE }),
});
