import type { KubeObject } from './objects.js';
import type { Store } from './store/store.js';

/** One write, as it went into the store. */
export interface JournalEntry {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** `deployments.apps`, `pods`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** As it is stored; for a deletion, the last state. Frozen. */
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/**
 * Every write since {@link ApiServer.journal} was called, whoever made it. For tests that ask what was written, in which order, and whether anything
 * was written at all.
 */
export class WriteJournal {
  readonly entries: JournalEntry[] = [];
  readonly #stop: () => void;

  constructor(store: Store) {
    this.#stop = store.observe(({ revision, type, collection, key, object, previous }) => {
      const [group = '', plural = ''] = collection.split('/');
      const [namespace = '', name = ''] = key.split('/');
      const resource = group === '' ? plural : `${plural}.${group}`;
      this.entries.push({ revision, type, resource, namespace: namespace || undefined, name, object, previous });
    });
  }

  /** Forgets what was written so far. */
  clear(): void {
    this.entries.length = 0;
  }

  /** Writes from now on are not recorded. */
  stop(): void {
    this.#stop();
  }
}
