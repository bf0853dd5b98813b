import { gib, type InstanceCatalog, type InstanceType } from '@kaito-sdk/core';
import { CAPABILITY_SOURCE, GPU_MODELS, type GpuModel, type GpuModelName } from './gpu-models.js';
import type { PriceTable } from './price-table.js';

/** One instance type: its name, its GPUs, GiB of memory of one GPU, and where that stands. */
export type InstanceRow = readonly [name: string, gpu: GpuModelName, gpus: number, gibPerGpu: number, source: string];

/** The end of a series of instance types. */
export interface Retirement {
  /** Which types it is about. */
  readonly series: RegExp;
  /** `YYYY-MM-DD`. */
  readonly on: string;
  readonly source: string;
}

export interface CatalogFacts {
  /** Names the catalog in messages. */
  readonly name: string;
  readonly rows: readonly InstanceRow[];
  readonly prices?: PriceTable;
  /** The first that matches a type counts. */
  readonly retirements?: readonly Retirement[];
}

/** A catalog of instance types, made once. Types that are not to be had any more belong in it too. */
export function catalogOf({ name, rows, prices, retirements = [] }: CatalogFacts): InstanceCatalog {
  const instances = rows.map((row) => instanceOf(row, prices, retirements));
  return { name, instances: () => instances };
}

function instanceOf(
  [name, model, count, gibPerGpu, source]: InstanceRow,
  prices: PriceTable | undefined,
  retirements: readonly Retirement[],
): InstanceType {
  const { vendor, name: fullName, computeCapability }: GpuModel = GPU_MODELS[model];
  const retirement = retirements.find(({ series }) => series.test(name));
  const sources = [
    source,
    ...(computeCapability === undefined ? [] : [`compute capability: ${CAPABILITY_SOURCE}`]),
    ...(retirement ? [`retirement: ${retirement.source}`] : []),
  ];
  return {
    name,
    gpu: {
      vendor,
      model: fullName,
      count,
      memoryBytes: gib(gibPerGpu),
      ...(computeCapability === undefined ? {} : { computeCapability }),
    },
    prices: prices?.get(name) ?? [],
    ...(retirement ? { retiredOn: retirement.on } : {}),
    source: sources.join('; '),
  };
}
