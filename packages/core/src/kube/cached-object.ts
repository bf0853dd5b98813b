import { deepFreeze } from './freeze.js';
import type { KubeObject, ResourceKind } from './objects.js';
import { apiVersionOf } from './objects.js';
import type { SharedText } from './shared-text.js';

export interface CachedObjectOptions {
  readonly resource: ResourceKind;
  readonly metadataOnly?: boolean | undefined;
  readonly transform?: ((object: KubeObject) => KubeObject) | undefined;
  /** One copy of what is equal in many objects. */
  readonly texts?: SharedText;
}

/**
 * What becomes of an object on its way into a cache: without `managedFields`, which are often larger than the rest and which
 * no reader needs; under its own kind, where the server called it `PartialObjectMetadata`; cut down by the transform; frozen.
 */
export function cachedObject<T extends KubeObject>(options: CachedObjectOptions): (object: KubeObject) => T {
  const { resource, metadataOnly, transform, texts } = options;
  const own = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return (object) => {
    const { managedFields, ...metadata } = object.metadata as KubeObject['metadata'] & { managedFields?: unknown };
    const light = managedFields === undefined ? object : { ...object, metadata };
    // A server that cannot cut the rest away sends it all, and so does the answer to an own write.
    const kept: KubeObject = metadataOnly === true ? { ...own, metadata } : light;
    return deepFreeze(transform === undefined ? kept : transform(kept), texts) as T;
  };
}
