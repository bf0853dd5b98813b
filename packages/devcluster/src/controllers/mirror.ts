import type { WatchEvent } from '../client.js';
import type { KubeObject } from '../objects.js';

/** One step in the life of an object. `object` is the last known state when it is gone. */
export interface Change<T extends KubeObject> {
  readonly object: T;
  readonly previous: T | undefined;
  readonly gone: boolean;
}

/**
 * The last known state of all objects of one kind. Objects are shared between all readers: never change one.
 *
 * It is fed by a watch and by the answers to our own writes, which may arrive in any order. So an older revision never
 * replaces a newer one, and what was deleted does not come back by a late answer.
 */
export class Mirror<T extends KubeObject> {
  /** Settles once everything that was there at the start is known. */
  synced: Promise<void> = Promise.resolve();
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  readonly #indexes = new Map<string, Index<T>>();
  /** What was deleted, and the highest revision it is known to have had. */
  readonly #buried = new Map<string, number>();

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#namespaces.get(namespace ?? '')?.get(name);
  }

  /** All of one namespace, or of all when it is left out. */
  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    return [...this.#namespaces.values()].flatMap((objects) => [...objects.values()]);
  }

  /** A look-up that stays current. Asking twice under the same name shares it. */
  index(name: string, keysOf: (object: T) => readonly string[]): (key: string) => T[] {
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = new Index(keysOf);
      for (const object of this.list()) index.put(object);
      this.#indexes.set(name, index);
    }
    const found = index;
    return (key) => found.get(key);
  }

  /** Tells of everything that is known, then of each change. The answer ends it. */
  observe(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    for (const object of this.list()) listener({ object, previous: undefined, gone: false });
    return () => void this.#listeners.delete(listener);
  }

  learn(type: WatchEvent['type'], object: T): void {
    const { namespace = '', name, uid } = object.metadata;
    const objects = this.#namespaces.get(namespace) ?? new Map<string, T>();
    const known = objects.get(name);
    if (type === 'DELETED') {
      if (uid !== undefined) this.#bury(uid, revision(object));
      if (known === undefined || known.metadata.uid !== uid) return;
      objects.delete(name);
      if (objects.size === 0) this.#namespaces.delete(namespace);
      for (const index of this.#indexes.values()) index.drop(known);
      this.#tell({ object, previous: known, gone: true });
      return;
    }
    const grave = uid === undefined ? undefined : this.#buried.get(uid);
    if (uid !== undefined && grave !== undefined) {
      // Only the restore of a snapshot makes an object with the same uid again, under a later revision than that of its deletion.
      if (type !== 'ADDED' || revision(object) <= grave) return;
      this.#buried.delete(uid);
    }
    if (known !== undefined && known.metadata.uid === uid && revision(known) >= revision(object)) return;
    objects.set(name, object);
    this.#namespaces.set(namespace, objects);
    for (const index of this.#indexes.values()) {
      if (known !== undefined) index.drop(known);
      index.put(object);
    }
    if (known !== undefined && known.metadata.uid !== uid) this.#tell({ object: known, previous: known, gone: true });
    this.#tell({ object, previous: known?.metadata.uid === uid ? known : undefined, gone: false });
  }

  #bury(uid: string, revision: number): void {
    this.#buried.set(uid, Math.max(revision, this.#buried.get(uid) ?? 0));
    // Only an answer that is still on its way could bring it back; a few hundred are far more than can be under way.
    if (this.#buried.size > 1000) for (const oldest of this.#buried.keys()) if (this.#buried.delete(oldest)) break;
  }

  #tell(change: Change<T>): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

class Index<T extends KubeObject> {
  readonly #found = new Map<string, Map<string, T>>();
  constructor(readonly keysOf: (object: T) => readonly string[]) {}

  get(key: string): T[] {
    return [...(this.#found.get(key)?.values() ?? [])];
  }

  put(object: T): void {
    for (const key of this.keysOf(object)) {
      const entries = this.#found.get(key) ?? new Map<string, T>();
      entries.set(identity(object), object);
      this.#found.set(key, entries);
    }
  }

  drop(object: T): void {
    for (const key of this.keysOf(object)) {
      const entries = this.#found.get(key);
      entries?.delete(identity(object));
      if (entries?.size === 0) this.#found.delete(key);
    }
  }
}

function identity(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function revision(object: KubeObject): number {
  return Number(object.metadata.resourceVersion ?? 0);
}
