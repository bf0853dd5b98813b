import type { KubeObject, ResourceKind } from './objects.js';

/**
 * Calls that go to the API server itself, never to a cache. Answers are plain JSON; failures are a `KubeError` that carries
 * the server's `Status` (see errors.ts).
 */
export interface KubeClient {
  /** `undefined` when there is no such object (404 on the object, not on the resource). */
  get<T extends KubeObject = KubeObject>(
    resource: ResourceKind,
    namespace: string | undefined,
    name: string,
  ): Promise<T | undefined>;
  list<T extends KubeObject = KubeObject>(resource: ResourceKind, options?: ListOptions): Promise<ObjectList<T>>;
  create<T extends KubeObject = KubeObject>(resource: ResourceKind, object: T, options?: WriteOptions): Promise<T>;
  /**
   * Replaces the object, or one subresource of it, by `object` (PUT). With a `resourceVersion` it is a compare-and-set: what was written since
   * makes it a conflict (`isConflict`). Of a subresource the server takes nothing but that part: `status` with `metadata` is enough.
   */
  update<T extends KubeObject = KubeObject>(
    resource: ResourceKind,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<T>;
  /** Server-side apply: `object` holds every field that `fieldManager` wants to own, and no other. */
  apply<T extends KubeObject = KubeObject>(
    resource: ResourceKind,
    object: KubeObject,
    options: ApplyOptions,
  ): Promise<T>;
  /** JSON merge patch (RFC 7386). */
  merge<T extends KubeObject = KubeObject>(
    resource: ResourceKind,
    namespace: string | undefined,
    name: string,
    patch: object,
    options?: WriteOptions,
  ): Promise<T>;
  /** Answers whether there was something to delete. Deleting what is gone is not an error. */
  delete(
    resource: ResourceKind,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<boolean>;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ListOptions {
  /** All namespaces when left out. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Asks for `PartialObjectMetadata`: the objects come without spec, status and data. */
  readonly metadataOnly?: boolean;
  /** Applied to each object as its page arrives, so that what it drops never piles up over a long list. */
  readonly prepare?: (object: KubeObject) => KubeObject;
  readonly signal?: AbortSignal;
}

export interface WriteOptions {
  readonly fieldManager?: string;
  readonly subresource?: string;
  /** The server does everything but store. Admission, quota and validation answer as for the real write. */
  readonly dryRun?: boolean;
  /** What becomes of fields that the server's schema does not have: refused, or dropped with or without a warning. @default the server's, `Warn` */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly signal?: AbortSignal;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes over fields that another manager owns. @default true */
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Deletes only this very object, not a later one of the same name. */
  readonly uid?: string;
  readonly signal?: AbortSignal;
}
