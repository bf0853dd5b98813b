import { kubeErrors } from './kube-errors.js';
import type { KubeObject } from './objects.js';

/** `namespace/name`, with an empty namespace for cluster-scoped objects. */
export function storeKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

interface Index<T> {
  readonly values: (object: T) => readonly string[];
  readonly entries: Map<string, Map<string, T>>;
}

/** Objects by key, by namespace, and by whatever indexes are declared. In the order in which they were first put. */
export class IndexedStore<T extends KubeObject = KubeObject> {
  private readonly objects = new Map<string, T>();
  private readonly namespaces: Index<T> = {
    values: (object) => [object.metadata.namespace ?? ''],
    entries: new Map(),
  };
  private readonly indexes = new Map<string, Index<T>>();

  get size(): number {
    return this.objects.size;
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.objects.keys();
  }

  all(): readonly T[] {
    return [...this.objects.values()];
  }

  inNamespace(namespace: string): readonly T[] {
    return [...(this.namespaces.entries.get(namespace)?.values() ?? [])];
  }

  byIndex(index: string, value: string): readonly T[] {
    return [...(this.index(index).entries.get(value)?.values() ?? [])];
  }

  /** The values under which an index files an object. */
  indexed(index: string, object: T): readonly string[] {
    return this.index(index).values(object);
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.indexes.has(name)) return;
    const index: Index<T> = { values, entries: new Map() };
    this.indexes.set(name, index);
    for (const [key, object] of this.objects) file(index, key, object);
  }

  put(key: string, object: T): void {
    const old = this.objects.get(key);
    this.objects.set(key, object);
    for (const index of this.everyIndex()) {
      if (old !== undefined) unfile(index, key, old);
      file(index, key, object);
    }
  }

  remove(key: string): void {
    const old = this.objects.get(key);
    if (old === undefined) return;
    this.objects.delete(key);
    for (const index of this.everyIndex()) unfile(index, key, old);
  }

  private *everyIndex(): Iterable<Index<T>> {
    yield this.namespaces;
    yield* this.indexes.values();
  }

  private index(name: string): Index<T> {
    const index = this.indexes.get(name);
    if (index === undefined) throw kubeErrors.INDEX_UNKNOWN(name);
    return index;
  }
}

function file<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    const entry = index.entries.get(value);
    if (entry === undefined) index.entries.set(value, new Map([[key, object]]));
    else entry.set(key, object);
  }
}

function unfile<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    const entry = index.entries.get(value);
    if (entry === undefined) continue;
    entry.delete(key);
    if (entry.size === 0) index.entries.delete(value);
  }
}
