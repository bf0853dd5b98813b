import type { Clock } from './clock.js';

/** A clock whose timers can all be taken back at once, so that what was stopped neither acts again nor keeps the process alive. */
export class EndingClock implements Clock {
  readonly #inner: Clock;
  readonly #cancels = new Set<() => void>();

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now();
  }

  after(ms: number, task: () => void): () => void {
    const cancel = this.#inner.after(ms, () => {
      this.#cancels.delete(cancel);
      task();
    });
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }

  /** Cancels every timer that waits. */
  end(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
