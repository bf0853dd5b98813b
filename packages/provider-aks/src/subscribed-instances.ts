import type { InstanceCatalog, InstanceType } from '@kaito-sdk/core';
import { gib } from '@kaito-sdk/core';
import { azureInstances } from './azure-instances.js';
import type { OfferedSizes } from './offered-sizes.js';
import type { ListedSize } from './size-list.js';

const SOURCE = "the subscription's own list of sizes (Microsoft.Compute/skus)";

/**
 * Azure's GPU sizes: those that this package ships, and what the subscription's own list adds to them where its credentials let it be read.
 * Where they do not, the shipped ones are all there is.
 */
export class SubscribedInstances implements InstanceCatalog {
  readonly name = azureInstances.name;
  private sizes: OfferedSizes | undefined;
  private merged: { readonly of: ReadonlyMap<string, ListedSize>; readonly all: readonly InstanceType[] } | undefined;

  /** From now on this list counts too. */
  follow(sizes: OfferedSizes): void {
    this.sizes = sizes;
  }

  /** Costs a request when the list was never read or is hours old, and nothing otherwise. */
  async refresh(): Promise<void> {
    await this.sizes?.refresh();
  }

  instances(): readonly InstanceType[] {
    const listed = this.sizes?.listed;
    if (listed === undefined) return azureInstances.instances();
    if (this.merged?.of !== listed) this.merged = { of: listed, all: withListed(azureInstances.instances(), listed) };
    return this.merged.all;
  }
}

/**
 * Known sizes with the CPUs and memory that the list tells, and sizes that are only in the list. The list does not say what a GPU is, so a new
 * size is taken up where known ones of its family all have the same GPU; parts of a GPU (NV A10 v5) are told apart by nothing in the list.
 */
export function withListed(
  shipped: readonly InstanceType[],
  listed: ReadonlyMap<string, ListedSize>,
): readonly InstanceType[] {
  const known = new Set(shipped.map(({ name }) => name.toLowerCase()));
  const families = new Map<string, InstanceType[]>();
  for (const instance of shipped) {
    const family = listed.get(instance.name.toLowerCase())?.family;
    if (family !== undefined) families.set(family, [...(families.get(family) ?? []), instance]);
  }
  const told = shipped.map((instance) => {
    const size = listed.get(instance.name.toLowerCase());
    return size === undefined ? instance : { ...instance, ...machineOf(size) };
  });
  const added = [...listed.values()].flatMap((size) => {
    const siblings = families.get(size.family ?? '') ?? [];
    const [sibling] = siblings;
    if (known.has(size.name.toLowerCase()) || size.gpus === undefined || sibling === undefined) return [];
    if (!siblings.every((one) => sameGpu(one, sibling))) return [];
    const source = `${SOURCE}; its GPU is that of ${sibling.name}, of the same family ${size.family}`;
    return [{ name: size.name, gpu: { ...sibling.gpu, count: size.gpus }, ...machineOf(size), prices: [], source }];
  });
  return [...told, ...added];
}

function machineOf({ vcpus, memoryGib }: ListedSize): Pick<InstanceType, 'vcpus' | 'memoryBytes'> {
  return {
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memoryGib === undefined ? {} : { memoryBytes: gib(memoryGib) }),
  };
}

function sameGpu({ gpu: a }: InstanceType, { gpu: b }: InstanceType): boolean {
  return a.model === b.model && a.memoryBytes === b.memoryBytes;
}
