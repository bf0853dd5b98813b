import { IndexedStore, storeKey } from './indexed-store.js';
import type { Informer, InformerChange, InformerHandler } from './informer.js';
import type { LabelMatcher } from './label-selector.js';
import type { KubeObject, ResourceKind } from './objects.js';
import type { ReflectorSink } from './reflector.js';
import { compareResourceVersions } from './resource-version.js';
import type { WatchEvent } from './watch-stream.js';

export interface SharedInformerOptions {
  readonly resource: ResourceKind;
  readonly namespace?: string | undefined;
  /** What the labels of an object must satisfy for it to belong here. */
  readonly matches: LabelMatcher;
  /** What becomes of each object before it is kept; see `cachedObject`. Run again over its own result, it must change nothing. */
  readonly prepare: (object: KubeObject) => KubeObject;
  /** Gets what a handler throws; the other handlers and the watch go on. */
  readonly onHandlerError: (error: unknown) => void;
}

/**
 * The copy behind an {@link Informer}: what the reflector saw, and over it our own writes that it has not seen yet.
 *
 * An own write lies over the store only until the watch has reached its resource version. From then on the watch is right,
 * whatever it says: the object may have been changed or deleted by somebody else since.
 */
export class SharedInformer<T extends KubeObject = KubeObject> implements Informer<T>, ReflectorSink {
  readonly resource: ResourceKind;
  private readonly store = new IndexedStore<T>();
  private readonly written = new Map<string, T>();
  private readonly handlers = new Set<InformerHandler<T>>();
  private seen: string | undefined;
  private readonly firstList: Promise<void>;
  private settle: { readonly resolve: () => void; readonly reject: (reason: Error) => void } | undefined;

  constructor(private readonly options: SharedInformerOptions) {
    this.resource = options.resource;
    this.firstList = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever waits gets the rejection; nobody waiting is no reason to end the process.
    this.firstList.catch(() => undefined);
  }

  get hasSynced(): boolean {
    return this.seen !== undefined;
  }

  synced(): Promise<void> {
    return this.firstList;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    const key = storeKey(namespace, name);
    return this.written.get(key) ?? this.store.get(key);
  }

  list(namespace?: string): readonly T[] {
    const stored = namespace === undefined ? this.store.all() : this.store.inNamespace(namespace);
    return this.overlaid(stored, (object) => namespace === undefined || object.metadata.namespace === namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.overlaid(this.store.byIndex(index, value), (object) =>
      this.store.indexed(index, object).includes(value),
    );
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    this.store.addIndex(name, values);
  }

  subscribe(handler: InformerHandler<T>): () => void {
    for (const object of this.store.all()) this.call(handler, { type: 'added', object, initial: true });
    this.handlers.add(handler);
    return () => {
      this.handlers.delete(handler);
    };
  }

  /** Takes the answer to an own write, so that the next read sees it. */
  wrote(object: KubeObject): void {
    const { namespace, name, resourceVersion, labels } = object.metadata;
    if (resourceVersion === undefined) return;
    if (this.options.namespace !== undefined && this.options.namespace !== namespace) return;
    if (this.seen !== undefined && compareResourceVersions(resourceVersion, this.seen) <= 0) return;
    const key = storeKey(namespace, name);
    const newest = this.written.get(key)?.metadata.resourceVersion;
    if (newest !== undefined && compareResourceVersions(resourceVersion, newest) < 0) return;
    this.written.delete(key);
    if (this.options.matches(labels)) this.written.set(key, this.ready(object));
  }

  /** The kind is not served: there is nothing to wait for. {@link SharedInformer.hasSynced} stays false until a list comes in. */
  absent(): void {
    this.settle?.resolve();
  }

  /** Tells those who still wait that nothing will come any more. */
  stop(reason: Error): void {
    this.handlers.clear();
    this.settle?.reject(reason);
  }

  replace(objects: readonly KubeObject[], resourceVersion: string): void {
    const initial = this.seen === undefined;
    const kept = new Set<string>();
    this.seen = resourceVersion;
    // Writes that are newer than the list stay over it; the watch that follows will reach them.
    this.expireWritten();
    for (const object of objects) {
      const key = storeKey(object.metadata.namespace, object.metadata.name);
      kept.add(key);
      const old = this.store.get(key);
      if (old === undefined || old.metadata.resourceVersion !== object.metadata.resourceVersion) {
        this.put(key, this.ready(object), initial);
      }
    }
    for (const key of [...this.store.keys()]) if (!kept.has(key)) this.drop(key, undefined);
    if (initial) this.settle?.resolve();
  }

  event(event: WatchEvent): void {
    this.seen = event.resourceVersion;
    // Before the handlers run, so that what they read is not older than what they are told.
    this.expireWritten();
    if (event.type === 'BOOKMARK') return;
    const key = storeKey(event.object.metadata.namespace, event.object.metadata.name);
    if (event.type === 'DELETED') this.drop(key, this.ready(event.object));
    else this.put(key, this.ready(event.object), false);
  }

  private put(key: string, object: T, initial: boolean): void {
    const old = this.store.get(key);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      // A new object under an old name: the watch was away while the old one went.
      this.drop(key, undefined);
      this.store.put(key, object);
      this.emit({ type: 'added', object, initial: false });
      return;
    }
    this.store.put(key, object);
    if (old === undefined) this.emit({ type: 'added', object, initial });
    else this.emit({ type: 'updated', object, old });
  }

  private drop(key: string, final: T | undefined): void {
    const old = this.store.get(key);
    if (old === undefined) return;
    this.store.remove(key);
    this.emit({ type: 'deleted', object: final ?? old });
  }

  private expireWritten(): void {
    if (this.written.size === 0 || this.seen === undefined) return;
    for (const [key, object] of this.written) {
      if (compareResourceVersions(object.metadata.resourceVersion ?? '', this.seen) > 0) return;
      this.written.delete(key);
    }
  }

  private overlaid(stored: readonly T[], belongs: (object: T) => boolean): readonly T[] {
    if (this.written.size === 0) return stored;
    const merged = new Map<string, T>();
    for (const object of stored) {
      const key = storeKey(object.metadata.namespace, object.metadata.name);
      if (!this.written.has(key)) merged.set(key, object);
    }
    for (const [key, object] of this.written) if (belongs(object)) merged.set(key, object);
    return [...merged.values()];
  }

  private ready(object: KubeObject): T {
    return this.options.prepare(object) as T;
  }

  private emit(change: InformerChange<T>): void {
    for (const handler of [...this.handlers]) this.call(handler, change);
  }

  private call(handler: InformerHandler<T>, change: InformerChange<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.options.onHandlerError(error);
    }
  }
}
