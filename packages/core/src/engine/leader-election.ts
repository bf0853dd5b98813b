import type { Clock } from '../clock.js';
import type { KubeClient } from '../kube/client.js';
import { delay } from '../kube/delay.js';
import { isAlreadyExists, isConflict } from '../kube/errors.js';
import { LEASES } from '../kube/kinds.js';
import type { KubeObject } from '../kube/objects.js';
import { type Log, silentLog } from './log.js';
import type { Metrics } from './metrics.js';
import { microTime } from './micro-time.js';

/** What is asked of {@link LeaderElector}. Times are client-go's. */
export interface LeaderElectionOptions {
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Unique to this process: a pod name, or host name and process id. */
  readonly identity: string;
  /** Others wait this long after the last sign of life. @default 15000 */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for this long stops. Must be shorter than the lease. @default 10000 */
  readonly renewDeadlineMs?: number;
  /** @default 2000 */
  readonly retryMs?: number;
  /**
   * Names of foreign Leases, in any namespace, beside whose holder we must not act: another operator for the same objects.
   * Looked at before leading and about once a lease duration while leading.
   */
  readonly standAsideFor?: readonly string[];
}

export interface LeaderElectorParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** In [0, 1): spreads the tries of the candidates. */
  readonly random: () => number;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** Told at each renewal when the lease was last ours for certain, and `undefined` when it no longer is. */
  readonly onRenewal?: (at: number | undefined) => void;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** One lease as we saw it, and when it last changed by our clock: the writer's clock may be wrong. */
interface Sighting {
  readonly record: string;
  readonly at: number;
}

/** Being the one that acts, or waiting to be. {@link LeaderElector} is it in this thread, `LeaseThread` in one of its own. */
export interface Leadership {
  /** `namespace/name` of the Lease. */
  readonly lease: string;
  isLeading(): boolean;
  acquire(signal: AbortSignal): Promise<void>;
  hold(signal: AbortSignal): Promise<LeadershipEnd>;
  release(): Promise<void>;
}

/** Why leadership ended. */
export type LeadershipEnd = 'stopped' | 'lost';

/** Holds a Lease so that of several processes one acts. */
export class LeaderElector implements Leadership {
  private readonly sightings = new Map<string, Sighting>();
  private readonly log: Log;
  private lastRenewal = Number.NEGATIVE_INFINITY;
  private lastAside = Number.NEGATIVE_INFINITY;
  private holds = false;

  constructor(
    private readonly options: LeaderElectionOptions,
    private readonly parts: LeaderElectorParts,
  ) {
    this.log = (parts.log ?? silentLog).with({ lease: `${options.namespace}/${options.name}` });
    this.report(0);
  }

  /** `namespace/name` of the Lease. */
  get lease(): string {
    return `${this.options.namespace}/${this.options.name}`;
  }

  /**
   * Whether a write made now would still be ours. False in a process that slept past its lease, before any timer had the
   * chance to say so.
   */
  isLeading(): boolean {
    return this.holds && this.parts.clock.now() - this.lastRenewal < this.leaseDurationMs;
  }

  /** Resolves when we lead. Rejects with the signal's reason. Failures of the server only cost time. */
  async acquire(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const holder = await this.attempt(signal);
      if (holder === undefined) break;
      this.log.debug('waiting for the lease', { holder });
      await delay(this.parts.clock, this.retryMs * (1 + 0.2 * this.parts.random()), signal);
    }
    this.holds = true;
    this.parts.onRenewal?.(this.lastRenewal);
    this.report(1);
    this.log.info('leading', { identity: this.options.identity });
  }

  /** Renews until the signal is aborted or the lease cannot be held. After {@link LeaderElector.acquire}. */
  async hold(signal: AbortSignal): Promise<LeadershipEnd> {
    try {
      for (;;) {
        await delay(this.parts.clock, this.retryMs, signal);
        const holder = await this.attempt(signal);
        if (holder === undefined) continue;
        const overdue = this.parts.clock.now() - this.lastRenewal >= this.renewDeadlineMs;
        if (holder !== unknownHolder || overdue) {
          this.log.error('lost the lease', { holder });
          return 'lost';
        }
      }
    } catch (error) {
      if (signal.aborted) return 'stopped';
      throw error;
    } finally {
      this.holds = false;
      this.parts.onRenewal?.(undefined);
      this.report(0);
    }
  }

  /** Lets the next one in at once, instead of after the lease duration. */
  async release(): Promise<void> {
    const live = await this.parts.client.get(LEASES, this.options.namespace, this.options.name);
    if (live === undefined || spec(live).holderIdentity !== this.options.identity) return;
    await this.write(live, {
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: microTime(this.parts.clock.now()),
    });
  }

  /** One try. Answers who is in the way, or nothing when the lease is ours. */
  private async attempt(signal: AbortSignal): Promise<string | undefined> {
    const timeout = new AbortController();
    const cancel = this.parts.clock.after(this.renewDeadlineMs / 2, () =>
      timeout.abort(new Error('no answer in time')),
    );
    try {
      const aside = await this.inTheWay();
      if (aside !== undefined) return aside;
      const began = this.parts.clock.now();
      const live = await Promise.race([
        this.parts.client.get(LEASES, this.options.namespace, this.options.name),
        aborted(timeout.signal),
      ]);
      const holder = live === undefined ? undefined : this.holderOf(live);
      if (holder !== undefined && holder !== this.options.identity) return holder;
      await Promise.race([this.take(live, began), aborted(timeout.signal)]);
      // From before the request: the server may have counted from then.
      this.lastRenewal = began;
      if (this.holds) this.parts.onRenewal?.(began);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isConflict(error) && !isAlreadyExists(error)) this.log.warn('could not reach the lease', { error });
      return unknownHolder;
    } finally {
      cancel();
    }
  }

  private async take(live: KubeObject | undefined, now: number): Promise<void> {
    const { identity } = this.options;
    const had = live === undefined ? {} : spec(live);
    const renewed: LeaseSpec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.leaseDurationMs / 1000),
      renewTime: microTime(now),
      ...(had.holderIdentity === identity
        ? {}
        : { acquireTime: microTime(now), leaseTransitions: live === undefined ? 0 : (had.leaseTransitions ?? 0) + 1 }),
    };
    await this.write(live, renewed);
  }

  private async write(live: KubeObject | undefined, renewed: LeaseSpec): Promise<void> {
    const { namespace, name } = this.options;
    if (live === undefined) {
      await this.parts.client.create(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace, name },
        spec: renewed,
      });
      return;
    }
    // The resource version makes it a compare-and-set: of two candidates, one gets a conflict.
    await this.parts.client.merge(LEASES, namespace, name, {
      metadata: { resourceVersion: live.metadata.resourceVersion },
      spec: renewed,
    });
  }

  private async inTheWay(): Promise<string | undefined> {
    const { standAsideFor = [] } = this.options;
    const { client, clock } = this.parts;
    if (standAsideFor.length === 0) return undefined;
    if (this.holds && clock.now() - this.lastAside < this.leaseDurationMs) return undefined;
    for (const name of standAsideFor) {
      const { items } = await client.list(LEASES, { fieldSelector: `metadata.name=${name}` });
      for (const lease of items) {
        if (lease.metadata.name !== name) continue;
        const holder = this.holderOf(lease);
        if (holder !== undefined) {
          this.log.warn('standing aside: another operator for these objects is at work', { name, holder });
          return `${holder}, who holds ${lease.metadata.namespace}/${name}`;
        }
      }
    }
    this.lastAside = clock.now();
    return undefined;
  }

  /** Who holds a lease, by what we saw of it; undefined when nobody does, or nobody has renewed it for its duration. */
  private holderOf(lease: KubeObject): string | undefined {
    const { holderIdentity, leaseDurationSeconds, renewTime, acquireTime, leaseTransitions } = spec(lease);
    if (!holderIdentity) return undefined;
    const key = `${lease.metadata.namespace}/${lease.metadata.name}`;
    const record = [lease.metadata.uid, holderIdentity, renewTime, acquireTime, leaseTransitions].join('|');
    const now = this.parts.clock.now();
    const seen = this.sightings.get(key);
    if (seen?.record !== record) {
      this.sightings.set(key, { record, at: now });
      return holderIdentity;
    }
    const durationMs = (leaseDurationSeconds ?? this.leaseDurationMs / 1000) * 1000;
    return now - seen.at < durationMs ? holderIdentity : undefined;
  }

  private report(value: number): void {
    this.parts.metrics
      ?.gauge({ name: 'leader_election_master_status', help: 'Whether this process leads.', labels: ['name'] })
      .set(value, { name: this.options.name });
  }

  private get leaseDurationMs(): number {
    return this.options.leaseDurationMs ?? 15_000;
  }

  private get renewDeadlineMs(): number {
    return this.options.renewDeadlineMs ?? 10_000;
  }

  private get retryMs(): number {
    return this.options.retryMs ?? 2000;
  }
}

/** Nobody was seen to be in the way, but the lease could not be had either. */
const unknownHolder = 'unknown';

function spec(lease: KubeObject): LeaseSpec {
  return (lease.spec ?? {}) as LeaseSpec;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
