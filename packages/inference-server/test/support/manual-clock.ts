import type { Clock } from '@kaito-sdk/inference-server';

/** A clock that goes only when a test says so. */
export class ManualClock implements Clock {
  private time = 0;
  private readonly timers = new Set<{ readonly at: number; readonly task: () => void }>();

  /** Timers that have neither come nor been cancelled. */
  get waiting(): number {
    return this.timers.size;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.time + ms, task };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  step(ms: number): void {
    this.time += ms;
    for (const timer of this.timers) {
      if (timer.at > this.time) continue;
      this.timers.delete(timer);
      timer.task();
    }
  }
}
