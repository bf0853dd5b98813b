import type { Clock } from '@kaito-sdk/core';

/** Somebody who has not asked for so long has given up, and is in nobody's way any more. */
const PATIENCE_MS = 5 * 60_000;

/**
 * One queue for the changes of one cluster, because operations on its pools collide. Only the requests themselves are held in
 * order here; how many operations are running is read from Azure, so that a restart takes nobody's turn away for ever.
 */
export class PoolQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private line: { readonly name: string; seenAt: number }[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
  ) {}

  /** One piece of work after the other, in the order of the calls. A failure is the caller's own. */
  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.tail.then(work);
    this.tail = done.catch(() => undefined);
    return done;
  }

  /** Whether it is this pool's turn, first come first served, with so many operations running. Answers how many are before it. */
  ahead(name: string, running: number): number {
    const now = this.clock.now();
    this.line = this.line.filter((one) => now - one.seenAt <= PATIENCE_MS);
    const mine = this.line.find((one) => one.name === name);
    if (mine) mine.seenAt = now;
    else this.line.push({ name, seenAt: now });
    const place = this.line.findIndex((one) => one.name === name);
    return Math.max(0, running + place + 1 - this.limit);
  }

  /** The pool was asked for, or is no longer wanted. */
  leave(name: string): void {
    this.line = this.line.filter((one) => one.name !== name);
  }
}
