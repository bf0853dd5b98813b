import type { DeleteOptions } from '../client.js';
import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { sameManagedFields, trackUpdate } from '../patch/managed-fields.js';
import { sameJson } from '../store/json.js';
import { checkIdentity, checkNamespace, placeIn, validateUid } from './addressed.js';
import { Causes } from './causes.js';
import { decodeObject, toVersion, type WriteContext } from './decode.js';
import { checkDeleteOptions, decideDeletion, mayGo } from './deletion.js';
import { timestamp, validateMetadata } from './metadata.js';
import { prepareUpdate } from './prepare-update.js';
import { apiVersionOf, type Resource, type Surroundings } from './resource.js';
import { ResourceTable } from './resource-table.js';

/** What in-process admission is asked about. Objects are frozen; throw an {@link ApiError} to refuse. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
    readonly kind: string;
  };
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly dryRun: boolean;
}

/** Sees every write before it is stored; may answer later. Where several are given they run in order. */
export type Admission = (request: AdmissionRequest) => void | Promise<void>;

/** Makes the new object of an update from the one that is there. `tracked` says that managedFields are right already, as after an apply. */
export type Change = (live: KubeObject) => {
  readonly next: KubeObject;
  /** The managedFields of `next` say already who owns what. */
  readonly tracked?: boolean;
  /** `next` is the live object with a patch in it. */
  readonly patched?: boolean;
};

/** An answer of the registry: the object, and whether the request made it. */
export interface Written {
  readonly object: KubeObject;
  readonly created: boolean;
}

const keyOf = (resource: Resource, namespace: string | undefined, name: string): string =>
  `${resource.namespaced ? (namespace ?? '') : ''}/${name}`;

/**
 * The verbs, for every kind alike: what differs between kinds is in their {@link Resource} and its strategy. Objects that come out are
 * frozen and shared; objects that go in are copied.
 */
export class Registry {
  readonly resources = new ResourceTable();
  readonly #admission: Admission[];
  readonly #hooks: ((resource: Resource, object: KubeObject, event: 'stored' | 'deleted') => void)[] = [];

  constructor(
    readonly around: Surroundings,
    admission: readonly Admission[] = [],
  ) {
    this.#admission = [...admission];
  }

  /** Adds an admission function after those that are there. The answer takes it out again. */
  admit(admission: Admission): () => void {
    this.#admission.push(admission);
    return () => {
      const index = this.#admission.indexOf(admission);
      if (index >= 0) this.#admission.splice(index, 1);
    };
  }

  /** Calls `hook` after each write of any kind, inside the write. For the parts of the server itself (CRDs that become resources). */
  afterWrite(hook: (resource: Resource, object: KubeObject, event: 'stored' | 'deleted') => void): void {
    this.#hooks.push(hook);
  }

  /** The object as `resource`'s version shows it, frozen. */
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    const stored = this.around.store.get(resource.collection, keyOf(resource, namespace, name));
    return stored === undefined ? undefined : toVersion(resource, stored);
  }

  /** As {@link get}, but a missing object is a 404. */
  require(resource: Resource, namespace: string | undefined, name: string): KubeObject {
    const object = this.get(resource, namespace, name);
    if (object === undefined) throw ApiError.notFound(resource, name);
    return object;
  }

  async create(
    resource: Resource,
    namespace: string | undefined,
    body: unknown,
    context: WriteContext,
  ): Promise<KubeObject> {
    const draft = decodeObject(resource, body, context);
    return this.createDecoded(resource, namespace, draft, context, false);
  }

  /** Creates from a draft that is decoded already. `tracked`: managedFields are right as they stand. */
  async createDecoded(
    resource: Resource,
    namespace: string | undefined,
    next: KubeObject,
    context: WriteContext,
    tracked: boolean,
  ): Promise<KubeObject> {
    const { around } = this;
    const { metadata } = next;
    placeIn(resource, namespace, next);
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
      throw ApiError.of(500, '', 'resourceVersion should not be set on objects to be created');
    }
    if (resource.namespaced) checkNamespace(resource, next, around);
    metadata.uid = around.identity.uid();
    metadata.creationTimestamp = timestamp(around.clock.now());
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    delete metadata.generation;
    delete (metadata as { selfLink?: string }).selfLink;
    if (!metadata.name && metadata.generateName) {
      metadata.name = metadata.generateName.slice(0, 58) + around.identity.suffix();
    }
    if (resource.status && resource.strategy.keepsStatus !== true) delete next.status;
    if (!tracked) trackUpdate(resource, undefined, next, this.#entry(resource, context, undefined));
    resource.strategy.prepareCreate?.(next, around);
    if (resource.strategy.generation !== undefined) metadata.generation = 1;
    const causes = new Causes();
    validateMetadata(resource, next, undefined, causes);
    if (!causes.any) resource.strategy.allocate?.(next, undefined, causes, around);
    resource.strategy.validate?.(next, causes, around, undefined);
    if (causes.any) throw ApiError.invalid(resource, metadata.name ?? '', causes.list);
    this.#warn(resource, next, context);
    const key = keyOf(resource, metadata.namespace, metadata.name);
    await this.#review('CREATE', resource, undefined, next, undefined, context);
    const there = around.store.get(resource.collection, key);
    if (there !== undefined)
      throw ApiError.alreadyExists(resource, metadata.name, there.metadata.deletionTimestamp !== undefined);
    if (context.dryRun) return next;
    const stored = around.store.put(resource.collection, key, this.#encoded(resource, next));
    this.#ran(resource, stored, 'stored');
    return toVersion(resource, stored);
  }

  /**
   * Changes an object that is there. `change` may run again when an admission function let somebody else write in between, so that a patch
   * never fails for that; a body with a resourceVersion of its own does.
   */
  async update(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    subresource: string | undefined,
    change: Change,
    context: WriteContext,
  ): Promise<KubeObject> {
    const { store } = this.around;
    const key = keyOf(resource, namespace, name);
    for (;;) {
      const stored = store.get(resource.collection, key);
      if (stored === undefined) throw ApiError.notFound(resource, name);
      const live = toVersion(resource, stored);
      const { next, tracked, patched = false } = change(live);
      checkIdentity(resource, namespace, live, next, patched);
      const { uid } = next.metadata;
      prepareUpdate(resource, live, next, subresource, this.around);
      if (tracked !== true) trackUpdate(resource, live, next, this.#entry(resource, context, subresource));
      const causes = new Causes();
      validateMetadata(resource, next, live, causes);
      validateUid(resource, uid, live, subresource, causes);
      // The real server checks metadata twice on an update, and says so twice (measured on kube-apiserver 1.34.4).
      causes.list.push(...causes.list);
      if (subresource === undefined && !causes.any) resource.strategy.allocate?.(next, live, causes, this.around);
      if (subresource === 'status') resource.strategy.validateStatus?.(next, live, causes);
      else {
        resource.strategy.validate?.(next, causes, this.around, live);
        resource.strategy.validateUpdate?.(next, live, causes, subresource);
      }
      if (causes.any) throw ApiError.invalid(resource, name, causes.list);
      this.#warn(resource, next, context, live);
      await this.#review('UPDATE', resource, subresource, next, live, context);
      if (store.get(resource.collection, key) !== stored) continue;
      if (sameObject(live, next)) return live;
      if (context.dryRun) return next;
      if (mayGo(resource, next)) {
        const gone = store.delete(resource.collection, key) ?? stored;
        this.#ran(resource, gone, 'deleted');
        return next;
      }
      const written = store.put(resource.collection, key, this.#encoded(resource, next));
      this.#ran(resource, written, 'stored');
      return toVersion(resource, written);
    }
  }

  /** Answers the object and whether it is gone for good. Throws a 404 when it was gone before. */
  async delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions & { readonly orphanDependents?: boolean },
    context: WriteContext,
  ): Promise<{ readonly object: KubeObject; readonly gone: boolean }> {
    const { store, clock } = this.around;
    checkDeleteOptions(options);
    resource.strategy.refuseDelete?.(name);
    const key = keyOf(resource, namespace, name);
    for (;;) {
      const stored = store.get(resource.collection, key);
      if (stored === undefined) throw ApiError.notFound(resource, name);
      await this.#review('DELETE', resource, undefined, undefined, stored, context, name, namespace);
      if (store.get(resource.collection, key) !== stored) continue;
      const decision = decideDeletion(resource, stored, options, clock.now());
      switch (decision.kind) {
        case 'unchanged':
          return { object: toVersion(resource, stored), gone: false };
        case 'marked': {
          if (context.dryRun) return { object: toVersion(resource, decision.next), gone: false };
          const written = store.put(resource.collection, key, decision.next);
          this.#ran(resource, written, 'stored');
          return { object: toVersion(resource, written), gone: false };
        }
        case 'gone': {
          if (context.dryRun) return { object: toVersion(resource, stored), gone: true };
          const gone = store.delete(resource.collection, key) ?? stored;
          this.#ran(resource, gone, 'deleted');
          return { object: toVersion(resource, gone), gone: true };
        }
      }
    }
  }

  #encoded(resource: Resource, next: KubeObject): KubeObject {
    const object = resource.encode === undefined ? next : resource.encode(next);
    // The draft may share frozen parts with the live object; its metadata is what the store writes to.
    return Object.isFrozen(object) || Object.isFrozen(object.metadata)
      ? { ...object, metadata: { ...object.metadata } }
      : object;
  }

  #entry(resource: Resource, context: WriteContext, subresource: string | undefined) {
    return {
      manager: context.manager,
      operation: 'Update' as const,
      apiVersion: apiVersionOf(resource),
      time: timestamp(this.around.clock.now()),
      ...(subresource === undefined ? {} : { subresource }),
    };
  }

  /** A write that leaves the generation as it is has been warned of before. */
  #warn(resource: Resource, next: KubeObject, context: WriteContext, live?: KubeObject): void {
    const { generation } = next.metadata;
    if (!resource.custom && generation !== undefined && generation === live?.metadata.generation) return;
    for (const text of resource.strategy.warnings?.(next, live) ?? []) context.warn(text);
  }

  /** Tells the parts of the server of a write that went past the verbs. */
  announce(resource: Resource, object: KubeObject, event: 'stored' | 'deleted'): void {
    this.#ran(resource, object, event);
  }

  #ran(resource: Resource, object: KubeObject, event: 'stored' | 'deleted'): void {
    for (const hook of this.#hooks) hook(resource, object, event);
  }

  async #review(
    operation: AdmissionRequest['operation'],
    resource: Resource,
    subresource: string | undefined,
    object: KubeObject | undefined,
    oldObject: KubeObject | undefined,
    context: WriteContext,
    name = object?.metadata.name ?? '',
    namespace = object?.metadata.namespace,
  ): Promise<void> {
    if (this.#admission.length === 0) return;
    const { group, version, plural, kind } = resource;
    for (const admission of this.#admission) {
      await admission({
        operation,
        resource: { group, version, plural, kind },
        subresource,
        namespace,
        name,
        object,
        oldObject: oldObject === undefined ? undefined : toVersion(resource, oldObject),
        dryRun: context.dryRun,
      });
    }
  }
}

/** Equality but for the times in managedFields: a write that changes nothing keeps its resourceVersion. */
function sameObject(live: KubeObject, next: KubeObject): boolean {
  const { managedFields: before, ...liveMeta } = live.metadata;
  const { managedFields: after, ...nextMeta } = next.metadata;
  return (
    sameJson(liveMeta, nextMeta) &&
    sameJson({ ...live, metadata: undefined }, { ...next, metadata: undefined }) &&
    sameManagedFields(before, after)
  );
}
