import type { Clock } from '../clock.js';

/** Waits on a clock. Answers false when the signal cut it short. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  if (ms <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const cut = () => {
      cancel();
      resolve(false);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', cut);
      resolve(true);
    });
    signal.addEventListener('abort', cut, { once: true });
  });
}
