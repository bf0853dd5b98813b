import type { KubeObject, ResourceName } from './objects.js';

/**
 * What the in-process controllers, the simulated clouds and tests use to talk to the API server, without a socket. Objects that
 * come out are frozen and shared with the server: copy one (`structuredClone`) before changing it.
 */
export interface ClusterClient {
  /** `undefined` when there is no such object. Leave `namespace` undefined for cluster-scoped kinds. */
  get(resource: ResourceName, namespace: string | undefined, name: string): Promise<KubeObject | undefined>;
  /** All namespaces when `namespace` is left out. */
  list(resource: ResourceName, options?: ListOptions): Promise<{ items: KubeObject[]; resourceVersion: string }>;
  /** Fails with an {@link ApiError} of reason `AlreadyExists`, `Invalid`, … */
  create(resource: ResourceName, object: KubeObject): Promise<KubeObject>;
  /**
   * Replaces the object, or one subresource: `status`; `scale` (the object is a Scale); `binding` of a pod (the object is a Binding, its
   * `target.name` the node; the only way to set `spec.nodeName` later); `finalize` of a namespace. An old resourceVersion is a `Conflict`.
   */
  update(resource: ResourceName, object: KubeObject, subresource?: string): Promise<KubeObject>;
  /** JSON merge patch (RFC 7386) of the object or of a subresource. */
  merge(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    patch: object,
    subresource?: string,
  ): Promise<KubeObject>;
  /** Answers `undefined` when the object was gone already. */
  delete(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<KubeObject | undefined>;
  /**
   * Calls `on` with an ADDED for everything that is there, then with each change, in order, until the answer is called.
   * It never ends by itself.
   */
  watch(resource: ResourceName, options: ListOptions, on: (event: WatchEvent) => void): () => void;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}
