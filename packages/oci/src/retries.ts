import { type Clock, pause } from './clock.js';
import { ociError } from './errors.js';

/** How often and how patiently a request is tried again. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** The longest wait before the second try; each later one is twice as long. The wait is drawn between half of it and all. */
  readonly baseMs: number;
  /** No wait is longer, whatever the registry asks for. */
  readonly capMs: number;
}

/** Five tries within about 15 s. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 5, baseMs: 1000, capMs: 60_000 };

/** A failure that trying again may cure: no answer, a cut answer, or one of 408, 429, 500, 502, 503, 504. */
export class Transient extends Error {
  constructor(
    readonly why: string,
    readonly retryAfterMs?: number,
    cause?: unknown,
  ) {
    super(why, { cause });
    this.name = 'Transient';
  }
}

/** What the waits between tries need; injected, so that tests own both time and chance. */
export interface RetryContext {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** Counts failures in a row and waits between them; {@link Patience.progress} starts the count anew. */
export class Patience {
  #failures = 0;

  constructor(
    readonly what: string,
    readonly context: RetryContext,
  ) {}

  /** Something worked: a later failure is the first one again. */
  progress(): void {
    this.#failures = 0;
  }

  /** Waits before the next try; throws what is not transient at once, and `UNAVAILABLE` when the tries are used up. */
  async afterFailure(error: unknown): Promise<void> {
    if (!(error instanceof Transient)) throw error;
    const { policy, clock, random, signal } = this.context;
    this.#failures += 1;
    if (this.#failures >= policy.attempts) {
      const refused = ociError('UNAVAILABLE', this.what, this.#failures, error.why);
      refused.cause = error.cause ?? error;
      throw refused;
    }
    const backoff = policy.baseMs * 2 ** (this.#failures - 1) * (0.5 + random() / 2);
    await pause(clock, Math.min(Math.max(backoff, error.retryAfterMs ?? 0), policy.capMs), signal);
  }
}

/** Runs a task until it succeeds, fails for good, or the tries are used up. */
export async function withRetries<T>(what: string, context: RetryContext, task: () => Promise<T>): Promise<T> {
  const patience = new Patience(what, context);
  for (;;) {
    try {
      return await task();
    } catch (error) {
      await patience.afterFailure(error);
    }
  }
}

/** `Retry-After` in seconds or as a date. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
