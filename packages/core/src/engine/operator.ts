import type { Clock } from '../clock.js';
import type { KubeClient } from '../kube/client.js';
import { delay } from '../kube/delay.js';
import type { KubeObject, ResourceKind } from '../kube/objects.js';
import type { FirstList } from '../kube/reflector.js';
import { RestClient } from '../kube/rest-client.js';
import type { ServerAccess } from '../kube/server-access.js';
import type { Transport } from '../kube/transport.js';
import { WatchCache } from '../kube/watch-cache.js';
import { writeThrough } from '../kube/write-through.js';
import type { Controller, ControllerEnvironment } from './controller.js';
import { engineErrors } from './engine-errors.js';
import { EventRecorder } from './events.js';
import { fencedTransport } from './fenced-transport.js';
import { type LeaderElectionOptions, LeaderElector, type Leadership } from './leader-election.js';
import { LeaseThread } from './lease-thread.js';
import { type Log, silentLog } from './log.js';
import { meteredTransport } from './metered-transport.js';
import { Metrics } from './metrics.js';
import { tracedTransport } from './traced-transport.js';
import type { Tracer } from './tracing.js';

export interface OperatorOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Names the operator to the server and to users: field manager, events, metrics. */
  readonly name: string;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** Of OpenTelemetry: spans for reconciles, and for the requests below them. */
  readonly tracer?: Tracer;
  /** Cuts objects down before they are cached; see `WatchCacheOptions`. */
  readonly transform?: (object: KubeObject, resource: ResourceKind) => KubeObject;
  /** How watches begin. @default 'pages' */
  readonly firstList?: FirstList;
  /** Left out: this process acts without asking. */
  readonly leaderElection?: LeaderElectionOptions;
  /**
   * Renews the lease from a thread with its own connection over this access (`serverAccess` finds it, as `connect` does), so
   * that a busy event loop cannot lose it. The clock must be the real one.
   */
  readonly leaseThread?: ServerAccess;
  /** With a lease thread: an event loop that has not turned for so long hangs, and the lease is let go. @default 60000 */
  readonly longestBusyMs?: number;
  /** Watches not listed after this long end the start with an error. @default 120000 */
  readonly syncTimeoutMs?: number;
  /** Reconciles still running after this long are left behind at the stop. @default 30000 */
  readonly stopTimeoutMs?: number;
}

/** One line of a health answer. */
export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong. */
  readonly message?: string;
}

/** Different warnings of the API server that are passed on; more would only fill memory and log. */
const mostWarnings = 100;

type State = 'new' | 'warming' | 'standby' | 'running' | 'stopping' | 'stopped';

/**
 * The life of an operator: one client, one cache, the controllers, and the order in which they begin and end.
 *
 * Watches are open and synced before leadership is sought, so that a stand-by takes over without a pause; leadership is held
 * before the first reconcile, and given back after the last one.
 */
export class Operator {
  /** Writes are visible in {@link Operator.cache} at once. */
  readonly client: KubeClient;
  readonly cache: WatchCache;
  readonly metrics: Metrics;
  readonly events: EventRecorder;
  readonly log: Log;
  /** Resolves when the operator has stopped; with the error when it did not stop because it was told to. */
  readonly stopped: Promise<Error | undefined>;
  private readonly controllers: Controller[] = [];
  private readonly elector: Leadership | undefined;
  private readonly leading = new AbortController();
  private state: State = 'new';
  private ending: Promise<void> | undefined;
  private settle: (error: Error | undefined) => void = () => undefined;

  constructor(private readonly options: OperatorOptions) {
    const { clock, random, leaderElection, log = silentLog, metrics = new Metrics() } = options;
    this.log = log;
    this.metrics = metrics;
    const { tracer, transform, firstList } = options;
    const bare = tracer === undefined ? options.transport : tracedTransport(options.transport, tracer);
    const transport = meteredTransport(bare, metrics, clock);
    const parts = { clock, random, fieldManager: options.name };
    const retries = metrics.counter({
      name: 'rest_client_request_retries_total',
      help: 'Requests sent again after 429, 503 or no answer at all.',
      labels: ['code', 'verb', 'host'],
    });
    retries.touch({ code: '429', verb: 'GET', host: '' });
    const onRetry = (verb: string, code: number): void =>
      retries.add(1, { code: code === 0 ? '<error>' : String(code), verb, host: '' });
    const warned = new Set<string>();
    const onWarning = (warning: string): void => {
      // Most come with every write of the same object: once is enough to act on.
      if (warned.has(warning) || warned.size >= mostWarnings) return;
      warned.add(warning);
      log.warn('the API server warns', { warning });
    };
    const { leaseThread: access, longestBusyMs } = options;
    const elector =
      leaderElection === undefined
        ? undefined
        : access === undefined
          ? new LeaderElector(leaderElection, {
              ...parts,
              log,
              metrics,
              client: new RestClient({ ...parts, transport, retries: 0 }),
            })
          : new LeaseThread(leaderElection, {
              access,
              clock,
              log,
              metrics,
              ...(longestBusyMs === undefined ? {} : { longestBusyMs }),
            });
    this.elector = elector;
    const writes = elector === undefined ? transport : fencedTransport(transport, () => elector.isLeading());
    this.cache = new WatchCache({
      ...parts,
      transport,
      ...(transform === undefined ? {} : { transform }),
      ...(firstList === undefined ? {} : { firstList }),
      onTrouble: ({ message, resource }) => log.warn('watch interrupted', { resource: resource.plural, message }),
      onHandlerError: (error, resource) => log.error('a watch handler failed', { resource: resource.plural, error }),
    });
    this.client = writeThrough(new RestClient({ ...parts, transport: writes, onWarning, onRetry }), this.cache);
    this.events = new EventRecorder({
      client: this.client,
      clock,
      log,
      controller: options.name,
      instance: leaderElection?.identity ?? options.name,
    });
    this.stopped = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** Adds a controller. Before {@link Operator.start}. */
  add<T extends KubeObject>(controller: Controller<T>): this {
    if (this.state !== 'new') throw engineErrors.TOO_LATE(controller.name);
    this.controllers.push(controller as unknown as Controller);
    return this;
  }

  /**
   * Resolves when the watches are synced and reconciling has begun, or, with leader election, when this process stands by.
   * The signal stops the operator, as {@link Operator.stop} does; then wait for {@link Operator.stopped}.
   */
  async start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.state !== 'new') throw engineErrors.STARTED_ALREADY('the operator');
    const { signal } = options;
    signal?.addEventListener('abort', () => void this.stop(), { once: true });
    if (signal?.aborted) {
      await this.stop();
      return;
    }
    this.state = 'warming';
    try {
      await this.warm();
    } catch (error) {
      if (this.ending !== undefined) return;
      const failure = error instanceof Error ? error : new Error(String(error));
      await this.end(failure);
      throw failure;
    }
    if (this.ending !== undefined) return;
    if (this.elector === undefined) {
      this.begin();
    } else {
      this.state = 'standby';
      void this.lead(this.elector);
    }
  }

  /** Ends gracefully: running reconciles get the stop time-out to finish, then the lease is given back, then the watches end. */
  async stop(): Promise<void> {
    await this.end(undefined);
  }

  /** Throws where this process must not act, because it does not lead. Writes of {@link Operator.client} ask by themselves. */
  mayAct(): void {
    if (this.elector?.isLeading() === false) throw engineErrors.NOT_LEADING('A call', 'outside the cluster');
  }

  /** Whether this process is worth keeping: fails only once it has stopped. */
  live(): readonly HealthCheck[] {
    return [{ name: 'running', ok: this.state !== 'stopped' }];
  }

  /** Whether it can do its work: every watch synced and free of trouble. A stand-by is ready. */
  ready(): readonly HealthCheck[] {
    const begun = this.state === 'running' || this.state === 'standby';
    return [
      begun ? { name: 'started', ok: true } : { name: 'started', ok: false, message: `the operator is ${this.state}` },
      ...this.cache.states().map(({ resource, synced, trouble }): HealthCheck => {
        const name = `watch-${resource.plural}`;
        if (!synced) return { name, ok: false, message: trouble ?? 'not listed yet' };
        return trouble === undefined ? { name, ok: true } : { name, ok: false, message: trouble };
      }),
    ];
  }

  private async warm(): Promise<void> {
    const { clock, syncTimeoutMs = 120_000 } = this.options;
    const done = new AbortController();
    const late = delay(clock, syncTimeoutMs, done.signal).then(() => {
      const missing = this.cache.states().filter(({ synced }) => !synced);
      const which = missing
        .map(({ resource, trouble }) => `${resource.plural} (${trouble ?? 'no answer yet'})`)
        .join(', ');
      throw engineErrors.SYNC_TIMEOUT(syncTimeoutMs, which);
    });
    late.catch(() => undefined);
    const { cache, log, metrics } = this;
    const { tracer } = this.options;
    const environment = { cache, clock, log, metrics, ...(tracer === undefined ? {} : { tracer }) };
    try {
      await Promise.race([this.warmAll(environment), late]);
    } finally {
      done.abort();
    }
  }

  /** What a controller only reads counts too: a copy that is not there yet looks like one with nothing in it. */
  private async warmAll(environment: ControllerEnvironment): Promise<void> {
    await Promise.all(this.controllers.map((controller) => controller.warm(environment)));
    await this.cache.synced();
  }

  private begin(): void {
    this.state = 'running';
    for (const controller of this.controllers) controller.start();
  }

  private async lead(elector: Leadership): Promise<void> {
    try {
      await elector.acquire(this.leading.signal);
      if (this.ending !== undefined) return;
      this.begin();
      if ((await elector.hold(this.leading.signal)) === 'lost') {
        await this.end(engineErrors.LEASE_LOST(elector.lease));
      }
    } catch (error) {
      if (!this.leading.signal.aborted) await this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private end(error: Error | undefined): Promise<void> {
    this.ending ??= this.wind(error);
    return this.ending;
  }

  private async wind(error: Error | undefined): Promise<void> {
    const { clock, stopTimeoutMs = 30_000 } = this.options;
    this.state = 'stopping';
    const done = new AbortController();
    const drained = Promise.all(this.controllers.map((controller) => controller.stop())).then(() =>
      this.events.flush(),
    );
    const inTime = await Promise.race([
      drained.then(() => true),
      delay(clock, stopTimeoutMs, done.signal).then(
        () => false,
        () => false,
      ),
    ]);
    done.abort();
    if (!inTime) this.log.error('reconciles were still running after the stop time-out', { stopTimeoutMs });
    // Renewing goes on until here: nobody else may begin while our last reconcile runs.
    const led = this.elector?.isLeading() === true;
    this.leading.abort(new Error('the operator is stopping'));
    if (led && inTime)
      await this.elector?.release().catch((cause) => this.log.warn('the lease was not given back', { error: cause }));
    this.cache.stop();
    this.state = 'stopped';
    this.settle(error);
  }
}
