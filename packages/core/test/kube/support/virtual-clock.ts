import type { Clock } from '@kaito-sdk/core';

/** Time that moves only when a test says so. */
export class VirtualClock implements Clock {
  private time = Date.UTC(2026, 0, 1);
  private serial = 0;
  private readonly timers = new Map<number, { readonly due: number; readonly task: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, task: () => void): () => void {
    const id = this.serial++;
    this.timers.set(id, { due: this.time + Math.max(0, ms), task });
    return () => void this.timers.delete(id);
  }

  get pending(): number {
    return this.timers.size;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 6; turns++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves on, running each timer at its own moment. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms;
    await this.settle();
    for (;;) {
      const due = [...this.timers].filter(([, timer]) => timer.due <= target).sort(([, a], [, b]) => a.due - b.due)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].due);
      due[1].task();
      await this.settle();
    }
    this.time = target;
    await this.settle();
  }
}
