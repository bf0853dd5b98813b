import type { ClusterClient, DeleteOptions, ListOptions, WatchEvent } from '../client.js';
import { ApiError } from '../http/api-error.js';
import type { KubeObject, ResourceName } from '../objects.js';
import { mergePatch } from '../patch/merge-patch.js';
import { isObject } from '../store/json.js';
import type { Row } from '../store/store.js';
import { decodeObject, type WriteContext } from './decode.js';
import { filterOf, listObjects, seen } from './reads.js';
import type { Registry } from './registry.js';
import type { Resource } from './resource.js';
import { bindPod } from './subresources/binding.js';
import { finalizeNamespace } from './subresources/finalize.js';
import { readScale, writeScale } from './subresources/scale.js';

/**
 * The {@link ClusterClient} that reaches the registry directly: no text, no socket, every rule of the server. Objects it hands out are
 * frozen and shared with the store; copy one before changing it. `manager` is the name under which its writes stand in managedFields.
 */
export class InProcessClient implements ClusterClient {
  readonly #registry: Registry;
  readonly #context: WriteContext;

  constructor(registry: Registry, manager = 'devcluster') {
    this.#registry = registry;
    this.#context = { manager, dryRun: false, fieldValidation: 'Ignore', warn: () => {} };
  }

  async get(resource: ResourceName, namespace: string | undefined, name: string): Promise<KubeObject | undefined> {
    return this.#registry.get(this.#find(resource), namespace, name);
  }

  async list(
    resource: ResourceName,
    options: ListOptions = {},
  ): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const { items, resourceVersion } = listObjects(this.#registry.around.store, this.#find(resource), options);
    return { items: [...items], resourceVersion };
  }

  async create(resource: ResourceName, object: KubeObject): Promise<KubeObject> {
    return this.#registry.create(this.#find(resource), object.metadata.namespace, object, this.#context);
  }

  async update(resource: ResourceName, object: KubeObject, subresource?: string): Promise<KubeObject> {
    const found = this.#find(resource);
    const { namespace, name } = object.metadata;
    switch (subresource) {
      case 'binding':
        return bindPod(this.#registry, found, namespace, name, object, this.#context);
      case 'finalize':
        return finalizeNamespace(this.#registry, found, name, object, this.#context);
      case 'scale':
        return writeScale(this.#registry, found, namespace, name, () => object, this.#context);
      default:
        return this.#registry.update(
          found,
          namespace,
          name,
          this.#known(found, subresource),
          () => ({ next: decodeObject(found, object, this.#context) }),
          this.#context,
        );
    }
  }

  async merge(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    patch: object,
    subresource?: string,
  ): Promise<KubeObject> {
    const found = this.#find(resource);
    if (subresource === 'scale') {
      const change = (scale: KubeObject) => mergePatch(scale, patch);
      return writeScale(this.#registry, found, namespace, name, change, this.#context);
    }
    return this.#registry.update(
      found,
      namespace,
      name,
      this.#known(found, subresource),
      (live) => {
        const merged = mergePatch(live, patch);
        if (!isObject(merged)) throw ApiError.badRequest('a merge patch must be a JSON object');
        return { next: decodeObject(found, merged, this.#context), patched: true };
      },
      this.#context,
    );
  }

  async delete(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<KubeObject | undefined> {
    try {
      const { object } = await this.#registry.delete(this.#find(resource), namespace, name, options, this.#context);
      return object;
    } catch (error) {
      if (ApiError.is(error) && error.code === 404) return undefined;
      throw error;
    }
  }

  watch(resource: ResourceName, options: ListOptions, on: (event: WatchEvent) => void): () => void {
    const found = this.#find(resource);
    const filter = filterOf(found, options);
    const { store } = this.#registry.around;
    let stopped = false;
    const queue: WatchEvent[] = [];
    let draining = false;
    // Events are handed out after the write that caused them has returned: a controller that writes from within its handler would
    // otherwise see the world before its own caller does.
    const drain = (): void => {
      draining = false;
      for (let event = queue.shift(); event !== undefined && !stopped; event = queue.shift()) on(event);
    };
    const push = (event: WatchEvent): void => {
      queue.push(event);
      if (draining) return;
      draining = true;
      queueMicrotask(drain);
    };
    for (const object of listObjects(store, found, options).items) push({ type: 'ADDED', object });
    const unsubscribe = store.subscribe(found.collection, (row: Row) => {
      const event = seen(found, filter, row);
      if (event !== undefined) push({ type: event.type, object: event.object });
    });
    return () => {
      stopped = true;
      unsubscribe();
    };
  }

  /** The scale of a workload, as `GET …/scale` answers it. */
  async scale(resource: ResourceName, namespace: string | undefined, name: string): Promise<KubeObject> {
    return readScale(this.#registry, this.#find(resource), namespace, name);
  }

  #find(name: ResourceName): Resource {
    const resource = this.#registry.resources.get(name.group, name.version, name.plural);
    if (resource === undefined) throw ApiError.noSuchResource();
    return resource;
  }

  #known(resource: Resource, subresource: string | undefined): string | undefined {
    if (subresource === undefined || (subresource === 'status' && resource.status)) return subresource;
    throw ApiError.noSuchResource();
  }
}
