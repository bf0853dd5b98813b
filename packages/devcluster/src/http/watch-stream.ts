import type { Clock } from '../clock.js';
import type { KubeObject } from '../objects.js';
import { filterOf, listObjects, type Selection, seen } from '../registry/reads.js';
import { apiVersionOf, type Resource } from '../registry/resource.js';
import { writeJson } from '../store/lossless-json.js';
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

/** One event before it is put into the negotiated form. */
export interface Event {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

/** A client this far behind is cut off rather than waited for: it will list again, and memory stays bounded. */
const mostPending = 16_384;
const bookmarkEvery = 60_000;
const defaultTimeout = 30 * 60;
const initialEventsEnd = 'k8s.io/initial-events-end';

/**
 * Opens a watch at once and answers its events as JSON lines. It ends at its timeout, when the caller's signal says so, when the reader falls
 * too far behind, or after an ERROR event. `encode` puts each event's object into the form that was negotiated. A wrong selector or revision
 * is thrown here, before anything is sent.
 */
export function watchStream(
  store: Store,
  clock: Clock,
  resource: Resource,
  query: WatchQuery,
  encode: (event: Event) => unknown,
  signal: AbortSignal | undefined,
): AsyncIterable<string> {
  const watch = new Watch(store, clock, resource, query);
  return lines(watch, encode, signal);
}

async function* lines(
  watch: Watch,
  encode: (event: Event) => unknown,
  signal: AbortSignal | undefined,
): AsyncIterable<string> {
  const stop = (): void => watch.end(true);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    if (watch.expired !== undefined) {
      yield `${JSON.stringify({ type: 'ERROR', object: ApiError.expired(watch.expired).status })}\n`;
      return;
    }
    for (;;) {
      const event = watch.take();
      if (event !== undefined) yield `${writeJson({ type: event.type, object: encode(event) })}\n`;
      else if (watch.ended) return;
      else await watch.more();
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    watch.end(true);
  }
}

/** The events that a watcher has not read yet, and what brings more of them. */
class Watch {
  ended = false;
  /** Why there is nothing to replay from: the revision asked for is gone. */
  readonly expired: string | undefined;
  /** What was there at the start, still to be sent before anything else. */
  #initial: Iterator<Event>;
  #pending: Event[] = [];
  #wake: (() => void) | undefined;
  readonly #cancels: (() => void)[] = [];
  readonly #last: number;

  constructor(
    readonly store: Store,
    readonly clock: Clock,
    readonly resource: Resource,
    readonly query: WatchQuery,
  ) {
    const filter = filterOf(resource, query);
    const from = query.resourceVersion === '' ? undefined : watchRevision(query.resourceVersion);
    const startsWithState = from === undefined || from === 0 || query.sendInitialEvents;
    // A revision from the future just waits until the log gets there (measured on kube-apiserver 1.34.4).
    this.#last = startsWithState ? store.revision : from;
    this.#initial = (startsWithState ? this.#state(from === 0) : []).values();
    if (!startsWithState) {
      try {
        for (const row of store.since(resource.collection, from)) {
          const event = seen(resource, filter, row);
          if (event !== undefined) this.#pending.push(event);
        }
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        this.expired = error.message;
        this.ended = true;
        return;
      }
    }
    this.#cancels.push(
      store.subscribe(resource.collection, (row) => {
        if (row.revision <= this.#last) return;
        const event = seen(resource, filter, row);
        if (event === undefined) return;
        if (this.#pending.length >= mostPending) this.end(false);
        else this.#push(event);
      }),
    );
    this.#schedule();
  }

  take(): Event | undefined {
    const initial = this.#initial.next();
    return initial.done ? this.#pending.shift() : initial.value;
  }

  /** Settles when there is an event, or an end. */
  more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** No more events; with `discard` not even those that wait. */
  end(discard: boolean): void {
    this.ended = true;
    if (discard) {
      this.#pending = [];
      this.#initial = [].values();
    }
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#wake?.();
  }

  #push(event: Event): void {
    this.#pending.push(event);
    this.#wake?.();
  }

  #state(fromZero: boolean): Event[] {
    const { namespace, labelSelector, fieldSelector, allowBookmarks, sendInitialEvents } = this.query;
    const { items } = listObjects(this.store, this.resource, {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    });
    const events: Event[] = items.map((object) => ({ type: 'ADDED', object }));
    // 1.34 also marks the end of the initial events of a plain watch from 0 with bookmarks (measured).
    if (allowBookmarks && (sendInitialEvents || fromZero)) events.push(this.#bookmark({ [initialEventsEnd]: 'true' }));
    return events;
  }

  #schedule(): void {
    const { allowBookmarks, timeoutSeconds } = this.query;
    const tick = (): void => {
      this.#push(this.#bookmark());
      this.#cancels.push(this.clock.after(bookmarkEvery, tick));
    };
    if (allowBookmarks) this.#cancels.push(this.clock.after(bookmarkEvery, tick));
    this.#cancels.push(
      this.clock.after((timeoutSeconds ?? defaultTimeout) * 1000, () => {
        if (allowBookmarks) this.#push(this.#bookmark());
        this.end(false);
      }),
    );
  }

  #bookmark(annotations?: Record<string, string>): Event {
    const metadata: object = {
      resourceVersion: String(Math.max(this.store.revision, this.#last ?? 0)),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    const { kind } = this.resource;
    return {
      type: 'BOOKMARK',
      object: { apiVersion: apiVersionOf(this.resource), kind, metadata: metadata as KubeObject['metadata'] },
    };
  }
}

/** A watch answers a revision that is none with 500, where a list answers 400 (measured on kube-apiserver 1.34.4). */
function watchRevision(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  throw ApiError.of(
    500,
    '',
    `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
  );
}
