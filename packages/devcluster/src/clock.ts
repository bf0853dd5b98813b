/** Everything in this package that waits or asks the time does so through a clock, so that tests can turn hours into milliseconds. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `task` once, `ms` milliseconds from now. The answer cancels it; cancelling twice, or too late, does nothing. */
  after(ms: number, task: () => void): () => void;
}

/** Real time. A running cluster keeps the process alive, as a listening server does; stopping it lets the process end. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
