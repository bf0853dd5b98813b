import { isForbidden, isNotFound, type KubeClient, ProvisioningError, type ResourceKind } from '@kaito-sdk/core';
import type { NodeClassProfile } from './profile.js';

interface ClassStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
}

/**
 * Looks the node class up before a claim is made: Karpenter deletes a claim of a class that is not there or not ready, and ignores one
 * whose kind nobody serves. Where it may not be read, nothing is said and the deadline of the claim will tell.
 * @throws ProvisioningError when it is missing or not ready
 */
export async function requireNodeClass(client: KubeClient, profile: NodeClassProfile): Promise<void> {
  const { nodeClassRef, nodeClassResource } = profile;
  if (nodeClassResource === undefined) return;
  const { group, kind, name } = nodeClassRef;
  const resource: ResourceKind = { group, kind, ...nodeClassResource, namespaced: false };
  try {
    const found = await client.get(resource, undefined, name);
    if (!found) {
      const message = `there is no ${kind} "${name}" (${group}): create it, or name another one in the configuration`;
      throw new ProvisioningError('capacity', 'NodeClassMissing', message);
    }
    const { conditions = [] } = (found.status ?? {}) as ClassStatus;
    const ready = conditions.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'False') return;
    const message = `${kind} "${name}" is not ready: ${ready.message ?? 'it does not say why'}`;
    throw new ProvisioningError('capacity', 'NodeClassNotReady', message);
  } catch (error) {
    if (ProvisioningError.is(error) || !(isNotFound(error) || isForbidden(error))) throw error;
    if (isForbidden(error)) return;
    const message = `the cluster serves no ${kind} of ${group}: install the Karpenter that brings it, or choose another profile`;
    throw new ProvisioningError('capacity', 'NodeClassUnknown', message, { cause: error });
  }
}
