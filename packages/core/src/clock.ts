/**
 * The one way in which this SDK learns the time or waits. Injected everywhere, so that tests own time (and a crash can be
 * put between any two ticks).
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `task` once, `ms` milliseconds from now. The answer cancels it; cancelling twice, or too late, does nothing. */
  after(ms: number, task: () => void): () => void;
}
