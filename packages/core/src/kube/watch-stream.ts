import type { Clock } from '../clock.js';
import { AbortableReader } from './abortable-reader.js';
import { KubeError } from './errors.js';
import { LineSplitter } from './line-splitter.js';
import { linkedAbort } from './linked-abort.js';
import type { KubeObject } from './objects.js';
import type { Transport } from './transport.js';

/** One line of a watch that says something about the objects. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
  readonly resourceVersion: string;
}

/**
 * Why a watch ended.
 * - `closed`: the server, or something between, ended it in the ordinary way.
 * - `idle`: nothing came for too long; the connection is taken for half-open.
 * - `garbage`: a line could not be read, so nothing after it can be trusted either.
 * - `expired`: the resource version is too old; only a new list helps.
 */
export type WatchEnd = 'closed' | 'idle' | 'garbage' | 'expired';

export interface WatchStreamOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly path: string;
  readonly idleLimitMs: number;
  readonly metadataOnly?: boolean | undefined;
  readonly signal: AbortSignal;
  /** The server has accepted the watch. */
  readonly onOpen: () => void;
  readonly onEvent: (event: WatchEvent) => void;
}

/** Runs one watch to its end. Throws what the transport throws, and what the server answers in place of a watch. */
export async function runWatch(options: WatchStreamOptions): Promise<WatchEnd> {
  const { clock, idleLimitMs, path } = options;
  const { signal, abort, unlink } = linkedAbort(options.signal);
  let idle = false;
  let lastSign = clock.now();
  let cancelTimer = clock.after(idleLimitMs, checkIdle);

  // One timer that re-arms itself: a timer per event would cost more than reading the event.
  function checkIdle(): void {
    const quiet = clock.now() - lastSign;
    if (quiet < idleLimitMs) {
      cancelTimer = clock.after(idleLimitMs - quiet, checkIdle);
    } else {
      idle = true;
      abort(new Error(`no byte in ${quiet} ms`));
    }
  }

  try {
    const response = await abortable(
      options.transport.request({ method: 'GET', path, headers: headersOf(options), signal }),
      signal,
    );
    const reader = new AbortableReader(response.body, signal);
    try {
      if (response.status !== 200) {
        let body = '';
        for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) body += piece;
        throw KubeError.fromAnswer({ method: 'GET', path }, response.status, response.headers, body);
      }
      options.onOpen();
      const splitter = new LineSplitter();
      for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
        lastSign = clock.now();
        for (const line of splitter.push(piece)) {
          const event = parseEvent(line, path);
          if (typeof event === 'string') return event;
          options.onEvent(event);
        }
      }
      return 'closed';
    } finally {
      reader.close();
    }
  } catch (error) {
    if (idle && !options.signal.aborted) return 'idle';
    throw error;
  } finally {
    cancelTimer();
    unlink();
    // Whatever is still open on the other side of it.
    abort(new Error('the watch has ended'));
  }
}

const metadataAccept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

function headersOf({ metadataOnly }: WatchStreamOptions): Readonly<Record<string, string>> {
  return { accept: metadataOnly === true ? metadataAccept : 'application/json' };
}

function parseEvent(line: string, path: string): WatchEvent | 'garbage' | 'expired' {
  let value: { type?: unknown; object?: unknown } | null;
  try {
    value = JSON.parse(line);
  } catch {
    return 'garbage';
  }
  const object = value?.object as Partial<KubeObject> | undefined;
  const type = value?.type;
  if (typeof object !== 'object' || object === null) return 'garbage';
  if (type === 'ERROR') {
    const code = Number(object.code ?? 500);
    if (code === 410) return 'expired';
    throw KubeError.fromAnswer({ method: 'GET', path }, code, {}, JSON.stringify(object));
  }
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED' && type !== 'BOOKMARK') return 'garbage';
  const resourceVersion = object.metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return 'garbage';
  if (type !== 'BOOKMARK' && typeof object.metadata?.name !== 'string') return 'garbage';
  return { type, object: object as KubeObject, resourceVersion };
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
