import type { KubeClient, WriteOptions } from './client.js';
import { isAlreadyExists, isForbidden, isInvalid } from './errors.js';
import { repeatsKeys } from './merge-keys.js';
import type { KubeObject, ResourceKind } from './objects.js';

/** What came of a {@link createFirst}: the object as it was made, or why it was not, where something of that name may be there. */
export type Created = { readonly made: KubeObject } | { readonly made?: undefined; readonly refusal?: unknown };

/**
 * Makes an object with one request where probably none of that name is there. It costs the API server half of what a read and a
 * server-side apply do (processor of kube-apiserver 1.34.4), and changes nothing of what is there already.
 *
 * A quota, a rule or an address that is taken refuses a create before anybody looks whether the name is: with those, as with
 * `AlreadyExists`, the caller has to look. Every other failure is thrown. Fields that the server does not know are refused, as an
 * apply refuses them. What an apply refuses and a create takes, a key that is in a list twice, is not created: no later apply
 * could change it. There is no `refusal` then.
 */
export async function createFirst(
  client: KubeClient,
  resource: ResourceKind,
  object: KubeObject,
  options: WriteOptions,
): Promise<Created> {
  if (repeatsKeys(object)) return {};
  try {
    return { made: await client.create(resource, object, { ...options, fieldValidation: 'Strict' }) };
  } catch (refusal) {
    if (isAlreadyExists(refusal) || isForbidden(refusal) || isInvalid(refusal)) return { refusal };
    throw refusal;
  }
}
