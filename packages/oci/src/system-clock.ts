import type { Clock } from './clock.js';

/** Real time. The only file that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Real dice, in [0, 1): spreads the retries of many processes that failed at the same moment. */
export const systemRandom = (): number => Math.random();
