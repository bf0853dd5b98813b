/** How fast a kubelet tries again: 10 s, doubling to 5 min, forgotten after 10 min without trouble (kubelet 1.34 defaults). */
export class BackOff {
  #delay: number;

  /** @param first the first delay: 0 for a crashed container, which is restarted once before it has to wait. */
  constructor(readonly first: 0 | 10_000) {
    this.#delay = first;
  }

  /** The delay before the next try. */
  next(): number {
    const delay = this.#delay;
    this.#delay = delay === 0 ? 10_000 : Math.min(delay * 2, 300_000);
    return delay;
  }

  /** Starts over when there was no trouble for so long. */
  quietFor(ms: number): void {
    if (ms >= 600_000) this.#delay = this.first;
  }
}
