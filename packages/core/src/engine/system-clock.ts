import type { Clock } from '../clock.js';

/** The longest that `setTimeout` can wait; beyond it, it fires at once. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Real time. The only place that reads it or waits for it; everything else is given a {@link Clock}. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    if (ms <= 0) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(task, Math.min(ms, longestTimeoutMs));
    return () => clearTimeout(timer);
  },
};
