import type { Clock } from '../clock.js';
import { Fifo } from './fifo.js';

/** What waits behind work that somebody is waiting for. */
export const LOW_PRIORITY = -100;
/** What has just been made, behind what was begun before: of a crowd the first are then done long before the last. */
export const NEW_PRIORITY = -50;
export const NORMAL_PRIORITY = 0;

/** One in this many turns goes to what has less priority, once from above, once from below: a busy queue starves neither new objects nor its initial list. */
const lowShare = 8;
/** Keys handled in one go before timers, input and output get their turn: lease renewal must not wait for a long queue. */
const burst = 64;
const firstBackoffMs = 5;
const longestBackoffMs = 1_000_000;
/** More reasons than this for one key say nothing new. */
const keptReasons = 5;

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Keys handled at the same time; never two of the same key. @default 1 */
  readonly concurrency?: number;
  /** Handles one key. Must not reject; what follows from a failure is said with {@link WorkQueue.retry}. */
  readonly handle: (key: string, reasons: readonly string[]) => Promise<void>;
  readonly observer?: WorkQueueObserver;
}

/** Hears what metrics are made of. Times in milliseconds. */
export interface WorkQueueObserver {
  added(depth: number): void;
  started(depth: number, waitedMs: number): void;
  finished(tookMs: number): void;
  retried(): void;
}

/** Where a key stands. */
export interface QueuePosition {
  readonly state: 'queued' | 'running' | 'delayed' | 'absent';
  readonly reasons: readonly string[];
  /** For `delayed`: when it is its turn, milliseconds since the epoch. */
  readonly dueAt?: number;
}

interface Entry {
  readonly key: string;
  priority: number;
  reasons: string[];
  queuedAt: number | undefined;
  running: boolean;
  delayed: { readonly dueAt: number; readonly cancel: () => void } | undefined;
  failures: number;
}

/**
 * Keys to be looked at. A key that is added several times is handled once; one that is added while it is handled is handled
 * again afterwards. Higher priorities first, first come first served within one.
 */
export class WorkQueue {
  private readonly entries = new Map<string, Entry>();
  private readonly lanes = new Map<number, Fifo<Entry>>();
  private readonly began = new Map<string, number>();
  private waiting = 0;
  private running = 0;
  private turns = 0;
  private inBurst = 0;
  private pumping = false;
  private state: 'new' | 'started' | 'stopped' = 'new';
  private onIdle: (() => void) | undefined;

  constructor(private readonly options: WorkQueueOptions) {}

  /** How many keys wait for their turn now. */
  get depth(): number {
    return this.waiting;
  }

  /** Keys it knows anything about: waiting, running, delayed, or failing. Those it is done with cost nothing. */
  get tracked(): number {
    return this.entries.size;
  }

  /** Since when each key in work is being handled, in milliseconds since the epoch. */
  get runningSince(): readonly number[] {
    return [...this.began.values()];
  }

  /** Asks for a key to be handled. A key that waits already keeps its place, or moves up to a higher priority. */
  add(key: string, reason: string, priority = NORMAL_PRIORITY): void {
    if (this.state === 'stopped') return;
    const entry = this.entry(key);
    if (entry.reasons.length < keptReasons && !entry.reasons.includes(reason)) entry.reasons.push(reason);
    if (entry.queuedAt !== undefined) {
      if (priority <= entry.priority) return;
      entry.priority = priority;
      if (!entry.running) this.lane(priority).push(entry);
      return;
    }
    entry.priority = priority;
    entry.queuedAt = this.options.clock.now();
    this.waiting++;
    this.options.observer?.added(this.waiting);
    if (!entry.running) {
      this.lane(priority).push(entry);
      this.schedule();
    }
  }

  /** Asks for a key to be handled `ms` from now, unless it is asked for sooner. Handling it in between cancels this. */
  addAfter(key: string, ms: number, reason: string): void {
    if (this.state === 'stopped') return;
    const { clock } = this.options;
    const entry = this.entry(key);
    const dueAt = clock.now() + ms;
    if (entry.delayed !== undefined && entry.delayed.dueAt <= dueAt) return;
    entry.delayed?.cancel();
    const cancel = clock.after(ms, () => {
      entry.delayed = undefined;
      this.add(key, reason);
    });
    entry.delayed = { dueAt, cancel };
  }

  /** Asks for a key to be handled again after a failure: 5 ms, doubling to 1000 s. Answers the wait. */
  retry(key: string, reason: string): number {
    const entry = this.entry(key);
    const wait = Math.min(firstBackoffMs * 2 ** entry.failures, longestBackoffMs);
    entry.failures++;
    this.options.observer?.retried();
    this.addAfter(key, wait, reason);
    return wait;
  }

  /** Ends the back-off of a key: it worked. */
  forget(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) entry.failures = 0;
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.entries.get(key)?.failures ?? 0;
  }

  position(key: string): QueuePosition {
    const entry = this.entries.get(key);
    if (entry === undefined) return { state: 'absent', reasons: [] };
    const reasons = [...entry.reasons];
    if (entry.running) return { state: 'running', reasons };
    if (entry.queuedAt !== undefined) return { state: 'queued', reasons };
    if (entry.delayed !== undefined) return { state: 'delayed', reasons, dueAt: entry.delayed.dueAt };
    return { state: 'absent', reasons };
  }

  /** Begins to hand out keys; those added before wait until then. */
  start(): void {
    if (this.state !== 'new') return;
    this.state = 'started';
    this.schedule();
  }

  /** Hands out no more keys, and resolves when those in work are done. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    for (const entry of this.entries.values()) entry.delayed?.cancel();
    if (this.running === 0) return;
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
    });
  }

  private entry(key: string): Entry {
    const had = this.entries.get(key);
    if (had !== undefined) return had;
    const entry: Entry = {
      key,
      priority: NORMAL_PRIORITY,
      reasons: [],
      queuedAt: undefined,
      running: false,
      delayed: undefined,
      failures: 0,
    };
    this.entries.set(key, entry);
    return entry;
  }

  private lane(priority: number): Fifo<Entry> {
    const had = this.lanes.get(priority);
    if (had !== undefined) return had;
    const lane = new Fifo<Entry>();
    this.lanes.set(priority, lane);
    return lane;
  }

  private schedule(): void {
    if (this.state !== 'started' || this.pumping) return;
    this.pumping = true;
    const pump = (): void => {
      this.pumping = false;
      this.pump();
    };
    if (this.inBurst < burst) {
      queueMicrotask(pump);
    } else {
      this.inBurst = 0;
      this.options.clock.after(0, pump);
    }
  }

  private pump(): void {
    const { concurrency = 1 } = this.options;
    while (this.state === 'started' && this.running < concurrency) {
      if (this.inBurst >= burst) {
        if (this.waiting > 0) this.schedule();
        return;
      }
      const entry = this.next();
      if (entry === undefined) return;
      this.inBurst++;
      void this.run(entry);
    }
  }

  private next(): Entry | undefined {
    this.turns++;
    for (const priority of this.order()) {
      const lane = this.lanes.get(priority);
      for (let entry = lane?.shift(); entry !== undefined; entry = lane?.shift()) {
        // Moved up since, or taken already: its other place in the queue counts.
        if (entry.priority === priority && entry.queuedAt !== undefined && !entry.running) return entry;
      }
    }
    return undefined;
  }

  /** In which order the lanes are asked in this turn. */
  private order(): readonly number[] {
    const [highest, ...lower] = [...this.lanes.keys()].sort((a, b) => b - a);
    if (highest === undefined) return [];
    if (this.turns % lowShare !== 0) return [highest, ...lower];
    if (this.turns % (2 * lowShare) === 0) lower.reverse();
    return [...lower, highest];
  }

  private async run(entry: Entry): Promise<void> {
    const { clock, handle, observer } = this.options;
    const began = clock.now();
    const reasons = entry.reasons;
    this.waiting--;
    observer?.started(this.waiting, began - (entry.queuedAt ?? began));
    entry.queuedAt = undefined;
    entry.reasons = [];
    // Looking at it now makes a later look pointless, unless this one asks for it again.
    entry.delayed?.cancel();
    entry.delayed = undefined;
    entry.running = true;
    this.began.set(entry.key, began);
    this.running++;
    try {
      await handle(entry.key, reasons);
    } finally {
      entry.running = false;
      this.began.delete(entry.key);
      this.running--;
      observer?.finished(clock.now() - began);
      if (entry.queuedAt !== undefined) this.lane(entry.priority).push(entry);
      else if (entry.delayed === undefined && entry.failures === 0) this.entries.delete(entry.key);
      if (this.running === 0) this.onIdle?.();
      this.schedule();
    }
  }
}
