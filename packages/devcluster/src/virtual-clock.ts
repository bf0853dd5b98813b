import type { Clock } from './clock.js';

/**
 * Time that moves only when a test says so. Hours of back-off and deadlines pass in milliseconds, in the same order on
 * every run.
 *
 * Between two timers the clock waits until everything is quiet: it lets promises settle and asks the probes given to
 * {@link busyWhile}. Work that waits for real input and output (a socket, a process, a file) is invisible to it unless
 * a probe tells.
 */
export class VirtualClock implements Clock {
  #now: number;
  #sequence = 0;
  readonly #timers = new Map<number, { readonly due: number; readonly task: () => void }>();
  readonly #probes = new Set<() => boolean>();

  /** @param start milliseconds since the epoch; default 2026-01-01T00:00:00Z, the same for every test. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const id = this.#sequence++;
    this.#timers.set(id, { due: this.#now + Math.max(0, ms), task });
    return () => void this.#timers.delete(id);
  }

  /** Time does not move while `probe` answers true. The answer takes the probe away. */
  busyWhile(probe: () => boolean): () => void {
    this.#probes.add(probe);
    return () => void this.#probes.delete(probe);
  }

  /** How many timers wait. Zero means that nothing will ever happen again by itself. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms`, running each timer that falls due at its own moment and letting its consequences settle. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await this.settle();
    while (await this.#step(target));
    this.#now = target;
    await this.settle();
  }

  /**
   * Moves time on from timer to timer until `reached` answers true.
   * @throws when it is not reached within `limitMs` of virtual time, naming how far it got.
   */
  async advanceUntil(reached: () => boolean | Promise<boolean>, limitMs = 24 * 3_600_000): Promise<void> {
    const begin = this.#now;
    await this.settle();
    while (!(await reached())) {
      if (!(await this.#step(begin + limitMs))) {
        throw new Error(
          `not reached after ${(this.#now - begin) / 1000} s of virtual time: ${this.#timers.size} timers wait beyond the limit of ${limitMs / 1000} s`,
        );
      }
    }
  }

  /** Lets everything that needs no time to pass come to rest. */
  async settle(): Promise<void> {
    // A turn of the event loop empties the promise queue; several are needed where a callback is handed on with setImmediate.
    for (let quiet = 0, turns = 0; quiet < 4; turns++) {
      await turn();
      quiet = this.#busy() ? 0 : quiet + 1;
      if (turns > 100_000) throw new Error('the cluster never comes to rest: some controller writes without end');
    }
  }

  #busy(): boolean {
    for (const probe of this.#probes) if (probe()) return true;
    return false;
  }

  async #step(limit: number): Promise<boolean> {
    let next: { id: number; due: number; task: () => void } | undefined;
    for (const [id, timer] of this.#timers) {
      if (timer.due <= limit && (next === undefined || timer.due < next.due)) next = { id, ...timer };
    }
    if (next === undefined) return false;
    this.#timers.delete(next.id);
    this.#now = Math.max(this.#now, next.due);
    next.task();
    await this.settle();
    return true;
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
