import type { KubeObject, ResourceKind } from './objects.js';

/**
 * A watched copy of one kind of object. Objects are frozen plain JSON; take a copy before you change one.
 * It recovers by itself from everything the network and the server can do to it, and never loses a delete.
 */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly resource: ResourceKind;
  /** Resolves when the first list is in. */
  synced(): Promise<void>;
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** What an index declared with {@link Informer.addIndex} files under `value`. */
  byIndex(index: string, value: string): readonly T[];
  /** Declares an index. Before the first sync or after it; a second declaration of the same name is ignored. */
  addIndex(name: string, values: (object: T) => readonly string[]): void;
  /** Calls back for what is there already (as added) and for each change. The answer ends it. A throwing handler hurts only itself. */
  subscribe(handler: InformerHandler<T>): () => void;
}

export type InformerHandler<T extends KubeObject> = (change: InformerChange<T>) => void;

export type InformerChange<T extends KubeObject> =
  | { readonly type: 'added'; readonly object: T; readonly initial: boolean }
  | { readonly type: 'updated'; readonly object: T; readonly old: T }
  | { readonly type: 'deleted'; readonly object: T };

/** Hands out one shared informer a kind and selector. */
export interface Cache {
  informer<T extends KubeObject = KubeObject>(resource: ResourceKind, options?: InformerOptions): Informer<T>;
}

export interface InformerOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  /**
   * Fetches and keeps nothing but `apiVersion`, `kind` and `metadata`: for kinds whose existence, labels or owners are all
   * that is asked about. Such a copy must not be compared with what was rendered.
   */
  readonly metadataOnly?: boolean;
  /**
   * The kind may not be served here, or not yet: then it counts as synced with nothing in it, and is asked for again until it is. Only the
   * first call for a kind and selector can say so. @default false: {@link Informer.synced} waits for it
   */
  readonly optional?: boolean;
}
