import type { Clock } from '../clock.js';
import type { KubeObject } from '../objects.js';
import { filterOf, listObjects, parseRevision, type Selection, seen } from '../registry/reads.js';
import { apiVersionOf, type Resource } from '../registry/resource.js';
import { CompactedError, type Store } from '../store/store.js';
import { ApiError } from './api-error.js';

/** How a watch is asked for, in the terms of the API's parameters. */
export interface WatchQuery extends Selection {
  readonly resourceVersion: string;
  readonly allowBookmarks: boolean;
  readonly sendInitialEvents: boolean;
  /** Seconds until the server ends the stream; undefined for its own default. */
  readonly timeoutSeconds: number | undefined;
}

type Event = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject };

/** A client this far behind is cut off rather than waited for: it will list again, and memory stays bounded. */
const mostPending = 16_384;
const bookmarkEvery = 60_000;
const defaultTimeout = 30 * 60;
const initialEventsEnd = 'k8s.io/initial-events-end';

/**
 * The events of a watch as JSON lines. Ends at its timeout, when the caller's signal says so, when the reader falls too far behind, or after
 * an ERROR event. `encode` puts each object into the form that was negotiated.
 */
export async function* watchStream(
  store: Store,
  clock: Clock,
  resource: Resource,
  query: WatchQuery,
  encode: (event: Event) => unknown,
  signal: AbortSignal | undefined,
): AsyncIterable<string> {
  const filter = filterOf(resource, query);
  const from = query.resourceVersion === '' ? undefined : parseRevision(query.resourceVersion);
  const startsWithState = from === undefined || from === 0 || query.sendInitialEvents;
  const line = (event: Event): string => `${JSON.stringify({ type: event.type, object: encode(event) })}\n`;

  const pending: Event[] = [];
  let ended = signal?.aborted ?? false;
  let overflowed = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    wake?.();
    wake = undefined;
  };
  // A revision from the future just waits until the log gets there (measured on kube-apiserver 1.34.4).
  const last = startsWithState ? store.revision : (from ?? 0);
  const unsubscribe = store.subscribe(resource.collection, (row) => {
    if (row.revision <= last) return;
    const event = seen(resource, filter, row);
    if (event === undefined) return;
    if (pending.length >= mostPending) {
      overflowed = true;
      ended = true;
    } else pending.push(event);
    notify();
  });
  const bookmark = (annotations?: Record<string, string>): Event => ({
    type: 'BOOKMARK',
    object: {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        resourceVersion: String(Math.max(store.revision, last)),
        creationTimestamp: null,
        ...(annotations === undefined ? {} : { annotations }),
      },
    } as unknown as KubeObject,
  });
  const cancels: (() => void)[] = [];
  const tick = (): void => {
    pending.push(bookmark());
    notify();
    cancels[0] = clock.after(bookmarkEvery, tick);
  };
  if (query.allowBookmarks) cancels[0] = clock.after(bookmarkEvery, tick);
  else cancels[0] = () => {};
  cancels[1] = clock.after((query.timeoutSeconds ?? defaultTimeout) * 1000, () => {
    if (query.allowBookmarks) pending.push(bookmark());
    ended = true;
    notify();
  });
  const stop = (): void => {
    ended = true;
    pending.length = 0;
    notify();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    if (startsWithState) {
      const { items } = listObjects(store, resource, {
        ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
        ...(query.labelSelector === undefined ? {} : { labelSelector: query.labelSelector }),
        ...(query.fieldSelector === undefined ? {} : { fieldSelector: query.fieldSelector }),
      });
      for (const object of items) {
        if (ended) return;
        yield line({ type: 'ADDED', object });
      }
      // 1.34 also marks the end of the initial events of a plain watch from 0 with bookmarks (measured).
      if (query.allowBookmarks && (query.sendInitialEvents || from === 0)) {
        yield line(bookmarkAt(bookmark({ [initialEventsEnd]: 'true' }), last));
      }
    } else {
      try {
        for (const row of store.since(resource.collection, last)) {
          const event = seen(resource, filter, row);
          if (event !== undefined) pending.push(event);
        }
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        yield `${JSON.stringify({ type: 'ERROR', object: ApiError.expired(error.message).status })}\n`;
        return;
      }
    }
    for (;;) {
      const event = pending.shift();
      if (event !== undefined) {
        yield line(event);
        continue;
      }
      if (ended || overflowed) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    unsubscribe();
    signal?.removeEventListener('abort', stop);
    for (const cancel of cancels) cancel();
  }
}

function bookmarkAt(event: Event, revision: number): Event {
  return {
    type: event.type,
    object: { ...event.object, metadata: { ...event.object.metadata, resourceVersion: String(revision) } },
  };
}
