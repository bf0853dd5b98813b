import type { Clock } from '../clock.js';
import { delay } from './delay.js';
import { isGone, isNotFound, KubeError } from './errors.js';
import { storeKey } from './indexed-store.js';
import { linkedAbort } from './linked-abort.js';
import type { KubeObject, ResourceKind } from './objects.js';
import { resourcePath, withQuery } from './resource-path.js';
import { RestClient } from './rest-client.js';
import type { Transport } from './transport.js';
import { runWatch, type WatchEnd, type WatchEvent } from './watch-stream.js';

/** Where a {@link Reflector} puts what it learns. */
export interface ReflectorSink {
  /** The whole truth at one moment. What is not in it is gone. */
  replace(objects: readonly KubeObject[], resourceVersion: string): void;
  /** One change, in the server's order. A bookmark says only that nothing was missed up to its resource version. */
  event(event: WatchEvent): void;
}

/**
 * How the whole truth is fetched when there is nothing to resume from: in `pages` of a list, or as a `stream` of the watch
 * itself (`sendInitialEvents`), which spares the server from building the list and us from holding two copies of it. A server
 * that refuses the stream, or does not know it, is asked for pages.
 */
export type FirstList = 'pages' | 'stream';

export interface ReflectorOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1): spreads reconnects and watch lengths. */
  readonly random: () => number;
  readonly resource: ResourceKind;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly metadataOnly?: boolean | undefined;
  /** What becomes of each object as it arrives, before the whole list is there. */
  readonly prepare?: (object: KubeObject) => KubeObject;
  /** @default 'pages' */
  readonly firstList?: FirstList;
  readonly sink: ReflectorSink;
  /** Told of every trouble it recovers from, for logs and health. */
  readonly onTrouble?: (trouble: ReflectorTrouble) => void;
  /** Told each time the server accepts a list or a watch: the trouble, if there was one, is over. */
  readonly onRecovery?: () => void;
  /** Told when the server does not know the kind, each time it is asked. */
  readonly onAbsent?: () => void;
  /** A watch without a byte for this long is half-open. Bookmarks come about every 60 s. @default 120000 */
  readonly idleLimitMs?: number;
}

export interface ReflectorTrouble {
  readonly resource: ResourceKind;
  /** What happened, and when it is tried again. */
  readonly message: string;
  readonly error?: unknown;
  readonly retryInMs: number;
}

const endless = 'the server did not say where its first list ends';
/** Failed watches in a row after which resuming gives way to a new list: a watch that never works must not hide changes. */
const resumeAttempts = 5;
/** A server that has not finished its stream by then does not know that it was asked for one: it would never say that it is done. */
const streamLimitMs = 60_000;
const initialEventsEnd = 'k8s.io/initial-events-end';
/** A watch that ends sooner than this without having said anything is a failure, not a time-out. */
const shortestWatchMs = 1000;

/**
 * Keeps a sink equal to what the server has: lists once, then watches from there, and comes back by itself from everything.
 * It ends only when {@link Reflector.stop} is called.
 */
export class Reflector {
  private readonly abort = new AbortController();
  private readonly client: RestClient;
  private resume: string | undefined;
  private failures = 0;
  /** Nothing was received since the last list. */
  private fresh = false;
  private started = false;
  private streams: boolean;

  constructor(private readonly options: ReflectorOptions) {
    // Retries are ours: the client's own would delay the report of the trouble.
    this.client = new RestClient({ ...options, retries: 0 });
    this.streams = options.firstList === 'stream';
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    void this.run();
  }

  stop(): void {
    this.abort.abort(new Error(`the watch of ${this.options.resource.plural} was stopped`));
  }

  private async run(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      let trouble: string | undefined;
      let error: unknown;
      try {
        if (this.resume === undefined && !this.streams) await this.list();
        trouble = await this.watch();
      } catch (caught) {
        if (signal.aborted) return;
        error = caught;
        trouble = caught instanceof Error ? caught.message : String(caught);
        if (isGone(caught)) this.resume = undefined;
        if (isNotFound(caught)) {
          const { plural, group } = this.options.resource;
          const whole = group === '' ? plural : `${plural}.${group}`;
          trouble = `the server has no ${whole}; if you define them, apply their CustomResourceDefinition (${trouble})`;
          this.options.onAbsent?.();
        }
      }
      if (trouble === undefined) continue;
      this.failures++;
      // While there is no answer at all, nothing speaks against resuming; a server that keeps refusing may not know our place.
      const answered = error === undefined || KubeError.is(error);
      if (this.resume === undefined && this.refusesToStream(error)) this.streams = false;
      if (answered && this.failures % resumeAttempts === 0) this.resume = undefined;
      const retryInMs = this.backoff(error);
      this.options.onTrouble?.({
        resource: this.options.resource,
        message: `${trouble}; ${this.resume === undefined ? 'listing' : 'watching'} again in ${Math.round(retryInMs)} ms`,
        ...(error === undefined ? {} : { error }),
        retryInMs,
      });
      await delay(this.options.clock, retryInMs, signal).catch(() => undefined);
    }
  }

  /** 500 ms doubling to 30 s, plus up to as much again; never sooner than the server asks. */
  private backoff(error: unknown): number {
    const base = Math.min(500 * 2 ** (this.failures - 1), 30_000);
    const asked = KubeError.is(error) ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(asked, base) + base * this.options.random();
  }

  private async list(): Promise<void> {
    const { resource, namespace, labelSelector, metadataOnly, prepare, sink } = this.options;
    const { signal } = this.abort;
    const list = await this.client.list(resource, {
      signal,
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
      ...(prepare === undefined ? {} : { prepare }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    signal.throwIfAborted();
    this.options.onRecovery?.();
    sink.replace(list.items, list.resourceVersion);
    this.resume = list.resourceVersion;
    this.fresh = true;
  }

  /** Runs one watch; answers what was wrong with its end, or nothing when it can simply be opened again. */
  private async watch(): Promise<string | undefined> {
    const { clock, random, resource, namespace, labelSelector, metadataOnly } = this.options;
    const opened = clock.now();
    const began = this.failures;
    let collected = this.resume === undefined ? new Map<string, KubeObject>() : undefined;
    const initial = collected !== undefined;
    const late = new AbortController();
    const cancel = initial ? clock.after(streamLimitMs, () => late.abort(new Error(endless))) : () => undefined;
    const stop = linkedAbort(this.abort.signal);
    late.signal.addEventListener('abort', () => stop.abort(late.signal.reason), { once: true });
    let events = 0;
    try {
      const end = await runWatch({
        transport: this.options.transport,
        clock,
        signal: stop.signal,
        idleLimitMs: this.options.idleLimitMs ?? 120_000,
        metadataOnly,
        path: withQuery(resourcePath(resource, { namespace }), {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: this.resume,
          labelSelector,
          timeoutSeconds: 300 + Math.floor(300 * random()),
          ...(initial ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : {}),
        }),
        onOpen: () => this.options.onRecovery?.(),
        onEvent: (event) => {
          if (this.abort.signal.aborted) return;
          if (collected === undefined) {
            events++;
            this.follow(event);
          } else if (this.collect(collected, event)) {
            collected = undefined;
            events++;
            cancel();
          }
        },
      });
      if (collected !== undefined) this.failures = began;
      if (collected !== undefined && end !== 'expired') return `the first list of ${resource.plural} broke off`;
      return this.judge(end, events > 0 || clock.now() - opened >= shortestWatchMs);
    } finally {
      cancel();
      stop.unlink();
    }
  }

  private follow(event: WatchEvent): void {
    this.failures = 0;
    this.fresh = false;
    this.options.sink.event(event);
    this.resume = event.resourceVersion;
  }

  /** Takes one event of a streamed list; answers whether that was its end. */
  private collect(collected: Map<string, KubeObject>, event: WatchEvent): boolean {
    const { prepare, sink } = this.options;
    const { object } = event;
    if (event.type === 'BOOKMARK') {
      if (object.metadata.annotations?.[initialEventsEnd] !== 'true') return false;
      sink.replace([...collected.values()], event.resourceVersion);
      this.resume = event.resourceVersion;
      this.failures = 0;
      this.fresh = true;
      return true;
    }
    const key = storeKey(object.metadata.namespace, object.metadata.name);
    if (event.type === 'DELETED') collected.delete(key);
    else collected.set(key, prepare?.(object) ?? object);
    return false;
  }

  /** Whether pages may work where the stream did not: it was refused as such, never ended, or broke off again and again. */
  private refusesToStream(error: unknown): boolean {
    if (KubeError.is(error)) return error.code === 400 || error.code === 422 || this.failures % resumeAttempts === 0;
    return (error instanceof Error && error.message === endless) || this.failures % resumeAttempts === 0;
  }

  private judge(end: WatchEnd, lived: boolean): string | undefined {
    const watch = `the watch of ${this.options.resource.plural}`;
    if (lived) this.failures = 0;
    switch (end) {
      case 'closed':
        return lived ? undefined : `${watch} closed at once`;
      case 'idle':
        return `${watch} went silent`;
      case 'garbage':
        return `${watch} sent something unreadable`;
      case 'expired':
        this.resume = undefined;
        // A list cures it, and at once; unless the list is what was refused.
        return this.fresh ? `${watch} is told that its new list is too old` : undefined;
    }
  }
}
