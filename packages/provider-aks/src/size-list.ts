import type { ContainerServiceClient, ContainerServiceClientOptionalParams } from '@azure/arm-containerservice';
import type { AksSettings } from './aks-settings.js';
import { ArmFailure } from './arm-failures.js';

const API_VERSION = '2021-07-01';

/**
 * Reads the resource SKUs of a subscription in one region (`Microsoft.Compute/skus`): the machine sizes that it may use. Goes through
 * the pipeline of the other client, and so with its credential, proxy and authorities.
 */
export async function readSizes(
  pipeline: ContainerServiceClient['pipeline'],
  { endpoint, subscriptionId, location }: Pick<AksSettings, 'endpoint' | 'subscriptionId' | 'location'>,
  httpClient?: ContainerServiceClientOptionalParams['httpClient'],
): Promise<ReadonlySet<string>> {
  const { createDefaultHttpClient, createPipelineRequest } = await import('@azure/core-rest-pipeline');
  if (location === undefined) throw new ArmFailure({ message: 'the region of the cluster is not known' });
  const offered = new Set<string>();
  const query = new URLSearchParams({ 'api-version': API_VERSION, $filter: `location eq '${location}'` });
  let next: string | undefined =
    `${endpoint}/subscriptions/${subscriptionId}/providers/Microsoft.Compute/skus?${query}`;
  while (next !== undefined) {
    const request = createPipelineRequest({ url: next, timeout: 120_000 });
    const { status, bodyAsText } = await pipeline.sendRequest(httpClient ?? createDefaultHttpClient(), request);
    const body = parsed(bodyAsText ?? '');
    if (status !== 200) {
      const { code, message = `status ${status}` } = body.error ?? {};
      throw new ArmFailure({ status, message, ...(code === undefined ? {} : { code }) });
    }
    for (const sku of body.value ?? []) if (isOffered(sku, location)) offered.add((sku.name ?? '').toLowerCase());
    next = body.nextLink;
  }
  return offered;
}

/** A size that is restricted in the whole region is none; one that lacks in some zones still is. */
function isOffered({ resourceType, restrictions = [] }: ResourceSku, location: string): boolean {
  if (resourceType !== 'virtualMachines') return false;
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
  readonly restrictions?: readonly { readonly type?: string; readonly values?: readonly string[] }[];
}
