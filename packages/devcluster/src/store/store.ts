import type { KubeObject } from '../objects.js';
import { freezeJson } from './json.js';

/** One write, as it went into the log. */
export interface Row {
  readonly revision: number;
  readonly key: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For a DELETED, the last state with the revision of the delete. */
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/** A {@link Row} and where it belongs. */
export interface Write extends Row {
  /** `apps/deployments`, `/pods`. */
  readonly collection: string;
}

/** Everything there was at one revision. Plain JSON: `JSON.stringify` it to keep it in a file, but for integers above 2^53. */
export interface Snapshot {
  readonly revision: number;
  /** By collection, each in the order of its keys. */
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>;
}

/** Thrown when a revision is asked for that compaction has dropped. */
export class CompactedError extends Error {
  constructor(
    readonly asked: number,
    readonly oldest: number,
  ) {
    super(`too old resource version: ${asked} (${oldest})`);
    this.name = 'CompactedError';
  }
}

class Collection {
  readonly items = new Map<string, KubeObject>();
  rows: Row[] = [];
  /** Revisions up to here can no longer be replayed. */
  compacted = 0;
  sortedKeys: string[] | undefined;
  readonly listeners = new Set<(row: Row) => void>();

  keys(): readonly string[] {
    this.sortedKeys ??= [...this.items.keys()].sort();
    return this.sortedKeys;
  }
}

/**
 * What etcd is to the real server: an append-only log of writes under one global revision, with the current state beside it. A
 * collection is one resource (`apps/deployments`); a key is `namespace/name`, or `/name` for what is cluster-scoped.
 * Objects handed in are frozen and handed out as they are: nothing here is ever changed in place.
 */
export class Store {
  #revision = 1;
  #compacted = 0;
  readonly #collections = new Map<string, Collection>();
  readonly #historyLimit: number;
  readonly #observers = new Set<(write: Write) => void>();
  #keeper: ((write: Write) => void) | undefined;

  /** `historyLimit`: rows kept for replay in each collection, 4096 unless told. Older ones answer 410 as after a compaction. */
  constructor(options: { readonly historyLimit?: number } = {}) {
    this.#historyLimit = options.historyLimit ?? 4096;
  }

  /** Calls `keep` with each write before it takes effect, so that it can be put on a disk first; when it throws, nothing has happened. */
  keepWith(keep: (write: Write) => void): void {
    this.#keeper = keep;
  }

  /** Calls `on` with each later write of any collection, in order. The answer unsubscribes. */
  observe(on: (write: Write) => void): () => void {
    this.#observers.add(on);
    return () => this.#observers.delete(on);
  }

  /** Takes in a write of an earlier life of this store, under the revision it had then. */
  replay(collection: string, key: string, revision: number, object: KubeObject | undefined): void {
    const of = this.#collection(collection);
    const previous = of.items.get(key);
    this.#revision = Math.max(this.#revision, revision);
    if (object === undefined) {
      if (previous === undefined) return;
      of.items.delete(key);
      of.sortedKeys = undefined;
      this.#append(of, { revision, key, type: 'DELETED', object: lastState(previous, revision), previous });
      return;
    }
    freezeJson(object);
    of.items.set(key, object);
    if (previous === undefined) of.sortedKeys = undefined;
    this.#append(of, { revision, key, type: previous === undefined ? 'ADDED' : 'MODIFIED', object, previous });
  }

  /** Takes in what there was at `revision`, of which the log tells nothing. */
  restart(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    this.compact(revision);
  }

  /** Names of the collections that hold anything. */
  collections(): string[] {
    return [...this.#collections].flatMap(([name, { items }]) => (items.size > 0 ? [name] : [])).sort();
  }

  snapshot(): Snapshot {
    return {
      revision: this.#revision,
      objects: Object.fromEntries(this.collections().map((name) => [name, this.list(name)])),
    };
  }

  /** The revision of the last write. */
  get revision(): number {
    return this.#revision;
  }

  get(collection: string, key: string): KubeObject | undefined {
    return this.#collections.get(collection)?.items.get(key);
  }

  /** How many objects there are. */
  count(collection: string): number {
    return this.#collections.get(collection)?.items.size ?? 0;
  }

  /** Current objects in the order of their keys; only those of one namespace when it is given. */
  list(collection: string, namespace?: string): KubeObject[] {
    const of = this.#collections.get(collection);
    if (of === undefined) return [];
    const found: KubeObject[] = [];
    for (const key of of.keys()) {
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue;
      const object = of.items.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** The objects as they were at `revision`. Throws {@link CompactedError} when the log no longer reaches back that far. */
  listAt(collection: string, revision: number, namespace?: string): KubeObject[] {
    const of = this.#collections.get(collection);
    if (of === undefined) return this.#refuseCompacted(revision);
    if (revision < of.compacted) throw new CompactedError(revision, of.compacted);
    const last = of.rows.at(-1);
    if (last === undefined || last.revision <= revision) return this.list(collection, namespace);
    const past = new Map(of.items);
    for (let index = of.rows.length - 1; index >= 0; index--) {
      const row = of.rows[index];
      if (row === undefined || row.revision <= revision) break;
      if (row.previous === undefined) past.delete(row.key);
      else past.set(row.key, row.previous);
    }
    return [...past.keys()]
      .sort()
      .filter((key) => namespace === undefined || key.startsWith(`${namespace}/`))
      .map((key) => past.get(key))
      .filter((object) => object !== undefined);
  }

  /** Stores the object under the next revision, which is written into its metadata. The object must be the caller's own: it is frozen. */
  put(collection: string, key: string, object: KubeObject): KubeObject {
    const of = this.#collection(collection);
    const previous = of.items.get(key);
    const revision = this.#revision + 1;
    object.metadata.resourceVersion = String(revision);
    freezeJson(object);
    const row: Row = { revision, key, type: previous === undefined ? 'ADDED' : 'MODIFIED', object, previous };
    this.#keeper?.({ ...row, collection });
    this.#revision = revision;
    of.items.set(key, object);
    if (previous === undefined) of.sortedKeys = undefined;
    this.#append(of, row);
    this.#tell(of, collection, row);
    return object;
  }

  /** Takes the object away; answers its last state under the revision of the delete. */
  delete(collection: string, key: string): KubeObject | undefined {
    const of = this.#collections.get(collection);
    const previous = of?.items.get(key);
    if (of === undefined || previous === undefined) return undefined;
    const revision = this.#revision + 1;
    const row: Row = { revision, key, type: 'DELETED', object: lastState(previous, revision), previous };
    this.#keeper?.({ ...row, collection });
    this.#revision = revision;
    of.items.delete(key);
    of.sortedKeys = undefined;
    this.#append(of, row);
    this.#tell(of, collection, row);
    return row.object;
  }

  /** Every write after `revision`, oldest first. Throws {@link CompactedError} when some of them are gone. */
  since(collection: string, revision: number): readonly Row[] {
    const of = this.#collections.get(collection);
    if (of === undefined) return this.#refuseCompacted(revision);
    if (revision < of.compacted) throw new CompactedError(revision, of.compacted);
    let low = 0;
    let high = of.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((of.rows[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return of.rows.slice(low);
  }

  /** Calls `on` with each later write, in order, before the writer gets its answer. The answer unsubscribes. */
  subscribe(collection: string, on: (row: Row) => void): () => void {
    const of = this.#collection(collection);
    of.listeners.add(on);
    return () => of.listeners.delete(on);
  }

  /** Forgets the log up to and including `revision`, everywhere: a watch or list from before it is answered 410. */
  compact(revision: number): void {
    this.#compacted = Math.max(this.#compacted, revision);
    for (const of of this.#collections.values()) {
      of.rows = of.rows.filter((row) => row.revision > revision);
      of.compacted = Math.max(of.compacted, revision);
    }
  }

  #refuseCompacted(revision: number): never[] {
    if (revision < this.#compacted) throw new CompactedError(revision, this.#compacted);
    return [];
  }

  #collection(name: string): Collection {
    let of = this.#collections.get(name);
    if (of === undefined) {
      of = new Collection();
      of.compacted = this.#compacted;
      this.#collections.set(name, of);
    }
    return of;
  }

  #append(of: Collection, row: Row): void {
    of.rows.push(row);
    if (of.rows.length > 2 * this.#historyLimit) {
      const dropped = of.rows.splice(0, of.rows.length - this.#historyLimit);
      of.compacted = dropped.at(-1)?.revision ?? of.compacted;
    }
  }

  #tell(of: Collection, collection: string, row: Row): void {
    for (const listener of [...of.listeners]) listener(row);
    if (this.#observers.size > 0) for (const observer of [...this.#observers]) observer({ ...row, collection });
  }
}

function lastState(object: KubeObject, revision: number): KubeObject {
  return freezeJson({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
}
