import type { Clock } from '@kaito-sdk/core';

/** What the programs need of the world; injected, so that tests own time and chance. */
export interface Surroundings {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** One event, as a JSON object a line on standard output: what the operator reads. */
  say(event: string, facts?: Readonly<Record<string, unknown>>): void;
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
