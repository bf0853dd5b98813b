import type { Clock } from '@kaito-sdk/core';

/** A request that Azure did not take now and may take later, and until when it is left alone. */
export interface Setback {
  readonly name: string;
  /** `requested` for a creation, `releasing` for a deletion. */
  readonly phase: 'requested' | 'releasing';
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/**
 * What has to be asked for again: the reason that people read meanwhile, and what keeps everybody from asking too soon. A restart
 * forgets it, which costs one more refusal and nothing else.
 */
export class Setbacks {
  private readonly entries = new Map<string, Setback>();

  constructor(private readonly clock: Clock) {}

  note(setback: Setback): void {
    this.entries.set(setback.name, setback);
  }

  clear(name: string): void {
    this.entries.delete(name);
  }

  /** What still holds for a pool, with the milliseconds that are left of it. */
  get(name: string): (Omit<Setback, 'until'> & { readonly lookAgainMs: number }) | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined) return undefined;
    const { until, ...said } = entry;
    const left = until - this.clock.now();
    if (left > 0) return { ...said, lookAgainMs: left };
    this.entries.delete(name);
    return undefined;
  }
}
