import type { ClaimOwner, ClaimState, Clock } from '@kaito-sdk/core';

/** A request that Azure did not take now and may take later, and until when it is left alone. */
export interface Setback {
  readonly name: string;
  readonly owner: ClaimOwner;
  /** `requested` for a creation, `releasing` for a deletion. */
  readonly phase: 'requested' | 'releasing';
  readonly reason: string;
  readonly message: string;
  readonly instanceType?: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/**
 * What has to be asked for again. It is the reason that people read meanwhile, and keeps everybody from asking too soon. A restart
 * forgets it, which costs one more refusal and nothing else: nothing was made.
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

  /** Those of one owner that still hold, as the contract says it. */
  of(owner: ClaimOwner): readonly ClaimState[] {
    const now = this.clock.now();
    for (const [name, { until }] of this.entries) if (until <= now) this.entries.delete(name);
    return [...this.entries.values()]
      .filter((entry) => entry.owner.uid === owner.uid)
      .map(({ until, ...said }) => ({ ...said, lookAgainMs: until - now }));
  }
}
