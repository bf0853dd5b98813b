import type { GpuFacts, InstanceCatalog, InstanceType } from '../plugin/instance-catalog.js';
import { gib } from './bytes.js';
import { allInstances } from './lookup.js';

/** What a user says about an instance type: a new one, or what differs from the catalog's. */
export interface InstanceOverride {
  readonly name: string;
  readonly gpu?: {
    readonly vendor?: GpuFacts['vendor'];
    readonly model?: string;
    readonly count?: number;
    /** Of one GPU. */
    readonly memoryGiB?: number;
    readonly computeCapability?: number;
  };
  /** Most disk that images and weights can have on it. */
  readonly diskGiB?: number;
  /** One's own price for the whole machine: replaces every list price of it. */
  readonly price?: { readonly usdPerHour: number; readonly region: string; readonly asOf: string };
  /** `YYYY-MM-DD`; the empty string takes a retirement back. */
  readonly retiredOn?: string;
}

export interface Overridden {
  readonly catalogs: readonly InstanceCatalog[];
  /** What is wrong with the overrides, one sentence each. Then the catalogs must not be used. */
  readonly problems: readonly string[];
}

const SOURCE = 'the configuration';

/** The catalogs as a user wants them: additions and changes first, and nothing known twice. Names are compared without regard to case. */
export function overriddenInstances(
  catalogs: readonly InstanceCatalog[],
  overrides: readonly InstanceOverride[],
): Overridden {
  if (overrides.length === 0) return { catalogs, problems: [] };
  const key = (name: string) => name.toLowerCase();
  const names = new Set(overrides.map(({ name }) => key(name)));
  const problems: string[] = [];
  if (names.size < overrides.length) problems.push('an instance type is listed twice');
  const made = overrides.flatMap((override) => {
    const known = allInstances(catalogs).find(({ name }) => key(name) === key(override.name));
    const result = known ? changed(known, override) : added(override);
    if (typeof result !== 'string') return [result];
    problems.push(result);
    return [];
  });
  const rest = catalogs.map((catalog) => {
    let all: readonly InstanceType[] | undefined;
    let left: readonly InstanceType[] = [];
    const instances = () => {
      const now = catalog.instances();
      if (now !== all) left = now.filter(({ name }) => !names.has(key(name)));
      all = now;
      return left;
    };
    return { name: catalog.name, instances, ...(catalog.refresh ? { refresh: async () => catalog.refresh?.() } : {}) };
  });
  return { catalogs: [{ name: 'configuration', instances: () => made }, ...rest], problems };
}

function changed(known: InstanceType, override: InstanceOverride): InstanceType {
  const { gpu = {}, diskGiB, price, retiredOn } = override;
  const { retiredOn: before, ...rest } = known;
  const { memoryGiB, ...facts } = gpu;
  const retired = retiredOn ?? before;
  return {
    ...rest,
    gpu: { ...known.gpu, ...facts, ...(memoryGiB === undefined ? {} : { memoryBytes: gib(memoryGiB) }) },
    ...(diskGiB === undefined ? {} : { diskBytes: gib(diskGiB) }),
    ...(price === undefined ? {} : { prices: [{ ...price, source: SOURCE }] }),
    ...(retired === undefined || retired === '' ? {} : { retiredOn: retired }),
    source: `${known.source}; changed by ${SOURCE}`,
  };
}

function added(override: InstanceOverride): InstanceType | string {
  const { name, gpu = {}, diskGiB, price, retiredOn } = override;
  const { vendor = 'nvidia', model, count = 1, memoryGiB, computeCapability } = gpu;
  if (model === undefined || memoryGiB === undefined) {
    return `${name} is in no catalog, so its gpu.model and gpu.memoryGiB must be said`;
  }
  if (vendor === 'nvidia' && computeCapability === undefined) {
    return `${name} has an NVIDIA GPU, so its gpu.computeCapability must be said: engines are chosen by it`;
  }
  return {
    name,
    gpu: {
      vendor,
      model,
      count,
      memoryBytes: gib(memoryGiB),
      ...(computeCapability === undefined ? {} : { computeCapability }),
    },
    ...(diskGiB === undefined ? {} : { diskBytes: gib(diskGiB) }),
    prices: price === undefined ? [] : [{ ...price, source: SOURCE }],
    ...(retiredOn === undefined || retiredOn === '' ? {} : { retiredOn }),
    source: SOURCE,
  };
}
