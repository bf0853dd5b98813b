import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import type { ServerAccess } from '../kube/server-access.js';
import type { LeaderElectionOptions, Leadership, LeadershipEnd } from './leader-election.js';
import { ALIVE, type FromThread, type LeaseThreadData, RENEWED, type ToThread } from './lease-messages.js';
import { type Log, silentLog } from './log.js';
import type { Metrics } from './metrics.js';

export interface LeaseThreadOptions {
  readonly access: ServerAccess;
  /** The real one: the thread has no other. */
  readonly clock: Clock;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** An event loop that has not turned for so long hangs, and the lease is let go. @default 60000 */
  readonly longestBusyMs?: number;
}

const beatMs = 1000;

/**
 * Holds a Lease from a thread of its own, so that a busy event loop, a long garbage collection or a large list cannot make us
 * lose it. Whether we lead is read from memory that both threads share, without waiting for either.
 */
export class LeaseThread implements Leadership {
  readonly lease: string;
  private readonly shared = new BigInt64Array(new SharedArrayBuffer(16));
  private readonly log: Log;
  private worker: Worker | undefined;
  private stopBeating: () => void = () => undefined;
  private said: (message: FromThread) => void = () => undefined;

  constructor(
    private readonly options: LeaderElectionOptions,
    private readonly parts: LeaseThreadOptions,
  ) {
    this.lease = `${options.namespace}/${options.name}`;
    this.log = (parts.log ?? silentLog).with({ thread: 'lease' });
    this.report(0);
  }

  isLeading(): boolean {
    const renewed = Number(Atomics.load(this.shared, RENEWED));
    return renewed !== 0 && this.parts.clock.now() - renewed < (this.options.leaseDurationMs ?? 15_000);
  }

  async acquire(signal: AbortSignal): Promise<void> {
    const { access, longestBusyMs = 60_000 } = this.parts;
    const workerData: LeaseThreadData = {
      options: this.options,
      server: access.server,
      credentials: await access.credentials(false),
      shared: this.shared.buffer as SharedArrayBuffer,
      longestBusyMs,
    };
    signal.throwIfAborted();
    this.beat();
    const worker = new Worker(new URL('./lease-worker.js', import.meta.url), { workerData });
    this.worker = worker;
    worker.on('message', (message: FromThread) => this.hear(message));
    worker.on('exit', () => this.hear({ is: 'failed', message: 'it has ended' }));
    worker.on('error', (error) => this.hear({ is: 'failed', message: String(error) }));
    try {
      await this.until(signal, 'leading');
    } catch (error) {
      await this.end();
      throw error;
    }
    this.report(1);
  }

  async hold(signal: AbortSignal): Promise<LeadershipEnd> {
    try {
      const end = await this.until(signal, 'ended');
      if (end.is === 'ended' && end.why === 'stopped' && !signal.aborted) return 'lost';
      return end.is === 'ended' ? end.why : 'lost';
    } catch (error) {
      if (signal.aborted) return 'stopped';
      throw error;
    } finally {
      Atomics.store(this.shared, RENEWED, 0n);
      this.report(0);
      this.stopBeating();
      // After a stop it is asked yet to release the lease.
      if (signal.aborted) this.worker?.unref();
      else await this.end();
    }
  }

  async release(): Promise<void> {
    if (this.worker === undefined) return;
    const never = new AbortController().signal;
    const released = this.until(never, 'released');
    this.tell({ tell: 'release' });
    await released;
    await this.end();
  }

  private async until(signal: AbortSignal, is: FromThread['is']): Promise<FromThread> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.tell({ tell: 'stop' });
        reject(signal.reason);
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      this.said = (message) => {
        if (message.is !== is && message.is !== 'failed') return;
        signal.removeEventListener('abort', stop);
        if (message.is === 'failed') reject(new Error(`the lease thread failed: ${message.message}`));
        else resolve(message);
      };
    });
  }

  private hear(message: FromThread): void {
    if (message.is === 'log') this.log[message.level](message.message, message.fields);
    else if (message.is === 'asking') void this.answer(message.fresh);
    else this.said(message);
  }

  private async answer(fresh: boolean): Promise<void> {
    try {
      this.tell({ tell: 'credentials', credentials: await this.parts.access.credentials(fresh) });
    } catch (error) {
      this.log.warn('no credentials for the lease thread', { error });
    }
  }

  private tell(message: ToThread): void {
    this.worker?.postMessage(message);
  }

  /** As long as the event loop turns, the thread may renew. */
  private beat(): void {
    Atomics.store(this.shared, ALIVE, BigInt(Math.round(this.parts.clock.now())));
    this.stopBeating = this.parts.clock.after(beatMs, () => this.beat());
  }

  /** Ends the thread. */
  private async end(): Promise<void> {
    this.stopBeating();
    await this.worker?.terminate();
    this.worker = undefined;
  }

  private report(value: number): void {
    this.parts.metrics
      ?.gauge({ name: 'leader_election_master_status', help: 'Whether this process leads.', labels: ['name'] })
      .set(value, { name: this.options.name });
  }
}
