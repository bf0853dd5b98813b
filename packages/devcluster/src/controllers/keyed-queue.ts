import type { Clock } from '../clock.js';
import { isReason } from './api-failure.js';

/** Asks for the same key again after so many milliseconds, unless something wakes it up before. */
export interface Again {
  readonly afterMs: number;
}

const firstRetryMs = 5;
const longestRetryMs = 60_000;

/**
 * Keys that wait to be worked on: each at most once in the queue, never two workers on one key. Failed keys come back
 * with a doubling delay (5 ms to 60 s); a lost race against another writer comes back at once.
 */
export class KeyedQueue {
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #later = new Map<string, { readonly due: number; readonly cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #open = false;
  #stopped = false;

  /**
   * @param work what to do with a key.
   * @param failed told of each failure, for a log; the key is tried again in any case.
   */
  constructor(
    readonly clock: Clock,
    readonly work: (key: string) => Promise<Again | undefined>,
    readonly failed: (key: string, error: unknown) => void = () => {},
    readonly workers = 4,
  ) {}

  /** Whether something is being worked on or could be, now. What waits for its time does not count. */
  get busy(): boolean {
    return this.#running.size > 0 || (this.#open && this.#waiting.size > 0);
  }

  /** Begins, or goes on after {@link pause}. */
  open(): void {
    this.#open = true;
    this.#pump();
  }

  /** Keys are kept and nothing is worked on. */
  pause(): void {
    this.#open = false;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#waiting.add(key);
    this.#pump();
  }

  /** Adds the key at a later time; an earlier appointment for the same key stays. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    const due = this.clock.now() + ms;
    const standing = this.#later.get(key);
    if (standing !== undefined && standing.due <= due) return;
    standing?.cancel();
    const cancel = this.clock.after(ms, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { due, cancel });
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
  }

  #pump(): void {
    if (!this.#open || this.#stopped) return;
    for (const key of this.#waiting) {
      if (this.#running.size >= this.workers) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      const again = await this.work(key);
      this.#failures.delete(key);
      if (again !== undefined) this.addAfter(key, again.afterMs);
    } catch (error) {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      if (!this.#stopped) this.failed(key, error);
      if (isReason(error, 'Conflict') && failures < 10) this.add(key);
      else this.addAfter(key, Math.min(firstRetryMs * 2 ** failures, longestRetryMs));
    } finally {
      this.#running.delete(key);
      this.#pump();
    }
  }
}
