import type { Clock } from '@kaito-sdk/oci';

/** Waits for retries pass at once and are noted; the watch for silence strikes only when told to. */
export class TestClock implements Clock {
  time = Date.parse('2026-01-01T00:00:00Z');
  readonly waits: number[] = [];
  #watches = new Set<() => void>();

  now(): number {
    return this.time;
  }

  after(ms: number, task: () => void): () => void {
    if (ms === silence) {
      this.#watches.add(task);
      return () => this.#watches.delete(task);
    }
    this.waits.push(ms);
    this.time += ms;
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  }

  /** All connections that wait for bytes have waited too long. */
  strike(): void {
    for (const task of [...this.#watches]) task();
  }
}

/** The `idleMs` of tests: no wait between tries is so long. */
export const silence = 12_345_678;
