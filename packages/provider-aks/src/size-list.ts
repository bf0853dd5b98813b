import type { ContainerServiceClient, ContainerServiceClientOptionalParams } from '@azure/arm-containerservice';
import type { AksSettings } from './aks-settings.js';
import { ArmFailure } from './arm-failures.js';

const API_VERSION = '2021-07-01';

/** A size of machine, as the subscription's list has it. */
export interface ListedSize {
  /** As Azure spells it. */
  readonly name: string;
  /** Whether the subscription may use it in the region. */
  readonly offered: boolean;
  readonly family?: string;
  /** Whole GPUs. */
  readonly gpus?: number;
  readonly vcpus?: number;
  /** The list calls it MemoryGB and means GiB: Standard_NC24ads_A100_v4 has 220. */
  readonly memoryGib?: number;
}

/**
 * Reads the resource SKUs of a subscription in one region (`Microsoft.Compute/skus`): the machine sizes that there are, and which of them it may use. Goes through
 * the pipeline of the other client, and so with its credential, proxy and authorities.
 */
export async function readSizes(
  pipeline: ContainerServiceClient['pipeline'],
  { endpoint, subscriptionId, location }: Pick<AksSettings, 'endpoint' | 'subscriptionId' | 'location'>,
  httpClient?: ContainerServiceClientOptionalParams['httpClient'],
): Promise<ReadonlyMap<string, ListedSize>> {
  const { createDefaultHttpClient, createPipelineRequest } = await import('@azure/core-rest-pipeline');
  if (location === undefined) throw new ArmFailure({ message: 'the region of the cluster is not known' });
  const sizes = new Map<string, ListedSize>();
  const query = new URLSearchParams({ 'api-version': API_VERSION, $filter: `location eq '${location}'` });
  let next: string | undefined =
    `${endpoint}/subscriptions/${subscriptionId}/providers/Microsoft.Compute/skus?${query}`;
  while (next !== undefined) {
    const request = createPipelineRequest({ url: next, timeout: 30_000 });
    const { status, bodyAsText } = await pipeline.sendRequest(httpClient ?? createDefaultHttpClient(), request);
    const body = parsed(bodyAsText ?? '');
    if (status !== 200) {
      const { code, message = `status ${status}` } = body.error ?? {};
      throw new ArmFailure({ status, message, ...(code === undefined ? {} : { code }) });
    }
    for (const sku of body.value ?? []) {
      const { resourceType, name = '' } = sku;
      if (resourceType === 'virtualMachines' && name !== '')
        sizes.set(name.toLowerCase(), listedSize(name, sku, location));
    }
    next = body.nextLink;
  }
  return sizes;
}

function listedSize(name: string, sku: ResourceSku, location: string): ListedSize {
  const number = (capability: string) => {
    const value = Number(sku.capabilities?.find((one) => one.name === capability)?.value);
    return value > 0 ? value : undefined;
  };
  const facts = { family: sku.family, gpus: number('GPUs'), vcpus: number('vCPUs'), memoryGib: number('MemoryGB') };
  const told = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { name, offered: isOffered(sku, location), ...told };
}

/** A size that is restricted in the whole region is none; one that lacks in some zones still is. */
function isOffered({ restrictions = [] }: ResourceSku, location: string): boolean {
  return !restrictions.some(
    ({ type, values = [] }) => type === 'Location' && values.some((value) => value.toLowerCase() === location),
  );
}

function parsed(text: string): SkuPage {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as SkuPage;
  } catch {
    // A proxy's page, or nothing: the status says enough.
  }
  return {};
}

interface SkuPage {
  readonly value?: readonly ResourceSku[];
  readonly nextLink?: string;
  readonly error?: { readonly code?: string; readonly message?: string };
}

interface ResourceSku {
  readonly resourceType?: string;
  readonly name?: string;
  readonly family?: string;
  readonly capabilities?: readonly { readonly name?: string; readonly value?: string }[];
  readonly restrictions?: readonly { readonly type?: string; readonly values?: readonly string[] }[];
}
