import type { KubeClient } from './client.js';
import { isConflict, isNotFound } from './errors.js';
import type { KubeObject, ResourceKind } from './objects.js';

/** How often a lost race over the list of finalizers is run again. */
const tries = 5;

/**
 * Makes the server keep an object until {@link removeFinalizer}. Answers the object as it is now: the one given when nothing
 * had to be done. An object that is being deleted takes no new finalizers and comes back as it is.
 */
export async function ensureFinalizer<T extends KubeObject>(
  client: KubeClient,
  resource: ResourceKind,
  object: T,
  finalizer: string,
): Promise<T> {
  if (object.metadata.deletionTimestamp !== undefined) return object;
  return (
    (await change(client, resource, object, (had) => (had.includes(finalizer) ? had : [...had, finalizer]))) ?? object
  );
}

/** Lets an object go, as far as we are concerned; the finalizers of others stay. An object that is gone already is fine. */
export async function removeFinalizer(
  client: KubeClient,
  resource: ResourceKind,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  await change(client, resource, object, (had) =>
    had.includes(finalizer) ? had.filter((name) => name !== finalizer) : had,
  );
}

/** A merge patch replaces the list as a whole, so it carries the resource version: nobody else's change may get lost. */
async function change<T extends KubeObject>(
  client: KubeClient,
  resource: ResourceKind,
  object: T,
  edit: (finalizers: readonly string[]) => readonly string[],
): Promise<T | undefined> {
  const { namespace, name, uid } = object.metadata;
  let current: T | undefined = object;
  for (let left = tries; ; left--) {
    if (current === undefined || current.metadata.uid !== uid) return undefined;
    const had = current.metadata.finalizers ?? [];
    const finalizers = edit(had);
    if (finalizers === had) return current;
    const { resourceVersion } = current.metadata;
    try {
      return await client.merge<T>(resource, namespace, name, { metadata: { resourceVersion, finalizers } });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (!isConflict(error) || left <= 1) throw error;
      current = await client.get<T>(resource, namespace, name);
    }
  }
}
