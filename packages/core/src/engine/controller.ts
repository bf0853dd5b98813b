import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.js';
import type { Cache, Informer, InformerChange, InformerOptions } from '../kube/informer.js';
import type { KubeObject, ResourceKind } from '../kube/objects.js';
import { type ControllerMetrics, controllerMetrics, type ReconcileResult } from './controller-metrics.js';
import { engineErrors } from './engine-errors.js';
import { type Log, silentLog } from './log.js';
import { Metrics } from './metrics.js';
import { keyOf, keyText, type ObjectKey, parseKey } from './object-key.js';
import type { Outcome } from './outcome.js';
import { type Tracer, traced } from './tracing.js';
import { LOW_PRIORITY, NEW_PRIORITY, NORMAL_PRIORITY, type QueuePosition, WorkQueue } from './work-queue.js';

/** Objects made by the reconciled one: a change of one wakes its owner, found by the controlling ownerReference. */
export interface OwnedSource extends InformerOptions {
  readonly resource: ResourceKind;
}

/** Objects that matter to the reconciled one in some other way. */
export interface WatchedSource extends InformerOptions {
  readonly resource: ResourceKind;
  /** Whom a change of this object wakes. Called for the old and the new version of an update. */
  readonly map: (object: KubeObject) => readonly ObjectKey[];
}

export interface ReconcileContext {
  /** Aborted when the operator stops or loses its lease: give it to every call. */
  readonly signal: AbortSignal;
  /** What woke it, for logs only. A reconcile is driven by the state that is, never by the event that came. */
  readonly reason: string;
  /** Carries controller, key and reconcile id. */
  readonly log: Log;
}

export interface ControllerOptions<T extends KubeObject = KubeObject> {
  /** In logs and metrics. */
  readonly name: string;
  /** What is reconciled. */
  readonly resource: ResourceKind;
  /** Restricts what is reconciled. */
  readonly select?: InformerOptions;
  readonly owns?: readonly OwnedSource[];
  readonly watches?: readonly WatchedSource[];
  /** Objects reconciled at once; never two passes over the same one. @default 1 */
  readonly concurrency?: number;
  /** Whether a change of the reconciled object itself is worth a pass. @default every change */
  readonly predicate?: (change: InformerChange<T>) => boolean;
  /**
   * Brings one object to where it should be. Called for objects that are gone too. A throw is retried with back-off;
   * everything else is an {@link Outcome}.
   */
  readonly reconcile: (key: ObjectKey, context: ReconcileContext) => Promise<Outcome>;
  /** Hears of each throw, beside the log. */
  readonly onError?: (error: unknown, key: ObjectKey) => void;
}

/** What the operator gives a controller. */
export interface ControllerEnvironment {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** A span for each pass. */
  readonly tracer?: Tracer;
}

/** The last pass over one object, and what comes next. */
export interface Explanation {
  readonly key: ObjectKey;
  /** `error` when the last pass threw; missing before the first pass has ended. */
  readonly outcome?: Outcome | { readonly kind: 'error'; readonly message: string };
  /** Since when it is so, milliseconds since the epoch: moves only when kind, reason or message do. */
  readonly since?: number;
  /** What woke the last pass. */
  readonly reason?: string;
  readonly passes: number;
  readonly failures: number;
  readonly queue: QueuePosition;
}

interface PassRecord {
  outcome: NonNullable<Explanation['outcome']>;
  since: number;
  reason: string;
  passes: number;
}

/** Wakes up for what changes, and calls `reconcile` once for each object that may be affected. */
export class Controller<T extends KubeObject = KubeObject> {
  private readonly records = new Map<string, PassRecord>();
  private readonly abort = new AbortController();
  private queue: WorkQueue | undefined;
  private informers: readonly Informer[] = [];
  private unsubscribe: (() => void)[] = [];
  private log: Log = silentLog;
  private clock: Clock | undefined;
  private metrics: ControllerMetrics | undefined;
  private tracer: Tracer | undefined;
  private primary: Informer<T> | undefined;
  private passes = 0;

  constructor(readonly options: ControllerOptions<T>) {
    // Every request of every running pass listens to it; that many is no leak.
    setMaxListeners(0, this.abort.signal);
  }

  get name(): string {
    return this.options.name;
  }

  /** Opens the watches and collects work without doing any. Resolves when everything is listed. */
  async warm(environment: ControllerEnvironment): Promise<void> {
    if (this.queue !== undefined) throw engineErrors.STARTED_ALREADY(`controller ${this.name}`);
    const { resource, select, owns = [], watches = [], concurrency = 1 } = this.options;
    this.clock = environment.clock;
    this.tracer = environment.tracer;
    this.log = (environment.log ?? silentLog).with({ controller: this.name });
    this.metrics = controllerMetrics(environment.metrics ?? new Metrics(), this.name, concurrency);
    const queue = new WorkQueue({
      clock: environment.clock,
      concurrency,
      observer: this.metrics.queue,
      handle: (key, reasons) => this.pass(key, reasons),
    });
    this.queue = queue;
    const { clock } = environment;
    this.metrics.watch(() => queue.runningSince.map((since) => clock.now() - since));
    const { cache } = environment;
    this.primary = cache.informer<T>(resource, select);
    const owned = owns.map((source) => cache.informer(source.resource, informerOptions(source)));
    const watched = watches.map((source) => ({
      source,
      informer: cache.informer(source.resource, informerOptions(source)),
    }));
    this.informers = [this.primary as unknown as Informer, ...owned, ...watched.map(({ informer }) => informer)];
    this.unsubscribe = [
      this.primary.subscribe((change) => {
        if (change.type === 'deleted') this.records.delete(keyText(keyOf(change.object)));
        if (this.options.predicate?.(change) === false) return;
        this.wake(keyOf(change.object), change, change.type === 'added' ? NEW_PRIORITY : NORMAL_PRIORITY);
      }),
      ...owned.map((informer) =>
        informer.subscribe((change) => this.wakeAll(change, (object) => this.ownerOf(object))),
      ),
      ...watched.map(({ source, informer }) => informer.subscribe((change) => this.wakeAll(change, source.map))),
    ];
    await Promise.all(this.informers.map((informer) => informer.synced()));
  }

  /** Begins to reconcile. After {@link Controller.warm}. */
  start(): void {
    if (this.queue === undefined) throw engineErrors.NOT_WARM(this.name);
    this.queue.start();
  }

  /** Takes no more work, tells running passes to end, and resolves when they have. */
  async stop(): Promise<void> {
    for (const end of this.unsubscribe) end();
    const drained = this.queue?.stop();
    this.abort.abort(new Error(`controller ${this.name} is stopping`));
    await drained;
  }

  /** Asks for a pass over one object, for causes that no watch sees. */
  enqueue(key: ObjectKey, reason: string): void {
    this.queue?.add(keyText(key), reason);
  }

  /** Why an object is where it is: the last outcome, since when, what woke it, what comes next. */
  why(key: ObjectKey): Explanation {
    const text = keyText(key);
    const record = this.records.get(text);
    return {
      key,
      passes: 0,
      ...record,
      failures: this.queue?.failures(text) ?? 0,
      queue: this.queue?.position(text) ?? { state: 'absent', reasons: [] },
    };
  }

  private wake(key: ObjectKey, change: InformerChange<KubeObject>, priority = NORMAL_PRIORITY): void {
    const initial = change.type === 'added' && change.initial;
    const { kind, metadata } = change.object;
    const reason = `${kind} ${metadata.name} ${initial ? 'listed' : change.type}`;
    this.queue?.add(keyText(key), reason, initial ? LOW_PRIORITY : priority);
  }

  private wakeAll(change: InformerChange<KubeObject>, keys: (object: KubeObject) => readonly ObjectKey[]): void {
    // What it belonged to before must learn that it lost it.
    if (change.type === 'updated') for (const key of keys(change.old)) this.wake(key, change);
    for (const key of keys(change.object)) this.wake(key, change);
  }

  private ownerOf(object: KubeObject): readonly ObjectKey[] {
    const { resource } = this.options;
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
    const group = owner?.apiVersion.includes('/') ? owner.apiVersion.slice(0, owner.apiVersion.indexOf('/')) : '';
    if (owner === undefined || owner.kind !== resource.kind || group !== resource.group) return [];
    return [{ namespace: resource.namespaced ? (object.metadata.namespace ?? '') : '', name: owner.name }];
  }

  private async pass(text: string, reasons: readonly string[]): Promise<void> {
    const { clock, queue, metrics } = this;
    if (clock === undefined || queue === undefined || metrics === undefined) return;
    const key = parseKey(text);
    const reason = reasons.join(', ');
    const log = this.log.with({ key: text, reconcile: ++this.passes });
    const began = clock.now();
    metrics.began();
    let result: ReconcileResult = 'success';
    try {
      const outcome = await this.reconcile(key, reason, log);
      this.remember(text, outcome, reason, clock.now());
      queue.forget(text);
      if (outcome.kind === 'waiting' && outcome.afterMs !== undefined) {
        result = 'requeue_after';
        queue.addAfter(text, outcome.afterMs, `waited for ${outcome.reason}`);
      }
      if (outcome.kind === 'blocked') metrics.blocked();
      log.debug('reconciled', { reason, outcome: outcome.kind });
    } catch (error) {
      if (this.abort.signal.aborted) return;
      result = 'error';
      const message = error instanceof Error ? error.message : String(error);
      this.remember(text, { kind: 'error', message }, reason, clock.now());
      const retryInMs = queue.retry(text, 'retry after an error');
      log.error('reconcile failed', { error, reason, retryInMs });
      this.report(error, key, log);
    } finally {
      metrics.ended(result, clock.now() - began);
    }
  }

  private reconcile(key: ObjectKey, reason: string, log: Log): Promise<Outcome> {
    const { signal } = this.abort;
    const attributes = { 'k8s.namespace.name': key.namespace, 'k8s.object.name': key.name, 'reconcile.reason': reason };
    return traced(this.tracer, `reconcile ${this.name}`, attributes, async (span) => {
      const outcome = await this.options.reconcile(key, { signal, reason, log });
      span?.setAttribute('reconcile.outcome', outcome.kind);
      return outcome;
    });
  }

  private report(error: unknown, key: ObjectKey, log: Log): void {
    try {
      this.options.onError?.(error, key);
    } catch (broken) {
      log.error('the error callback itself failed', { error: broken });
    }
  }

  private remember(text: string, outcome: PassRecord['outcome'], reason: string, now: number): void {
    const had = this.records.get(text);
    const key = parseKey(text);
    // What is gone and done with needs no explanation, and must not fill the memory.
    if (outcome.kind === 'done' && this.primary?.get(key.namespace, key.name) === undefined) {
      this.records.delete(text);
      return;
    }
    const same = had !== undefined && sameOutcome(had.outcome, outcome);
    this.records.set(text, { outcome, since: same ? had.since : now, reason, passes: (had?.passes ?? 0) + 1 });
  }
}

function informerOptions(source: InformerOptions): InformerOptions {
  return {
    ...(source.namespace === undefined ? {} : { namespace: source.namespace }),
    ...(source.labelSelector === undefined ? {} : { labelSelector: source.labelSelector }),
  };
}

function sameOutcome(a: PassRecord['outcome'], b: PassRecord['outcome']): boolean {
  const { reason: reasonA = '', message: messageA = '' } = a as { reason?: string; message?: string };
  const { reason: reasonB = '', message: messageB = '' } = b as { reason?: string; message?: string };
  return a.kind === b.kind && reasonA === reasonB && messageA === messageB;
}
