import { isForbidden, isNotFound, type KubeClient, ProvisioningDeferred, type ResourceKind } from '@kaito-sdk/core';

/** How soon to ask again for a kind that is not served: somebody installs it, and no watch tells. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Makes sure that the cluster serves the kinds that claims are made of, before anything is made. Where they may not be read, nothing is
 * said and the first write will tell.
 * @throws ProvisioningDeferred naming the CustomResourceDefinition that is missing, and what installs it
 */
export async function requireServed(
  client: KubeClient,
  kinds: readonly ResourceKind[],
  installer: string,
): Promise<void> {
  for (const kind of kinds) {
    try {
      // Whether the kind is served is told apart from whether the object is there, which it is not.
      await client.get(kind, undefined, 'kaito-sdk-is-it-served');
    } catch (error) {
      if (isForbidden(error)) continue;
      if (!isNotFound(error)) throw error;
      throw notServed(kind, installer, error);
    }
  }
}

/** The error for a kind that the server does not know. */
export function notServed(kind: ResourceKind, installer: string, cause: unknown): ProvisioningDeferred {
  const crd = `${kind.plural}.${kind.group}`;
  const message = `the cluster serves no ${kind.kind} in ${kind.group}/${kind.version} (CustomResourceDefinition ${crd}), so no node can be asked for: install ${installer}; it is looked for again each minute`;
  return new ProvisioningDeferred(`${kind.kind}CrdMissing`, message, LOOK_AGAIN_MS, { cause });
}

/** The answer of a read, or what stands for it where the kind is not served. */
export async function whereServed<T>(read: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (isNotFound(error)) return otherwise;
    throw error;
  }
}
