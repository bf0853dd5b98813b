/** What a caller of {@link RequestQueue.enter} gets: a turn to be given back, or a reason why there is none. */
export type Admission =
  | { readonly kind: 'admitted'; readonly leave: () => void }
  | { readonly kind: 'full' }
  | { readonly kind: 'gone' };

interface Waiting {
  admit(): void;
}

/** Lets so many requests run at a time and so many wait, first come first served. Beyond that it says no at once. */
export class RequestQueue {
  private readonly line: Waiting[] = [];
  private active = 0;
  private readonly idleListeners: (() => void)[] = [];

  /** `limit` is how many may wait, `concurrency` how many may run. */
  constructor(
    private readonly concurrency: number,
    private readonly limit: number,
  ) {}

  get running(): number {
    return this.active;
  }

  get waiting(): number {
    return this.line.length;
  }

  /** Waits for a turn. Aborting `signal` while waiting frees the place for somebody else; afterwards it does nothing here. */
  async enter(signal: AbortSignal): Promise<Admission> {
    if (signal.aborted) return { kind: 'gone' };
    if (this.active < this.concurrency) return this.admit();
    if (this.line.length >= this.limit) return { kind: 'full' };
    return new Promise((resolve) => {
      const giveUp = () => {
        this.line.splice(this.line.indexOf(entry), 1);
        resolve({ kind: 'gone' });
      };
      const entry: Waiting = {
        admit: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(this.admit());
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.line.push(entry);
    });
  }

  /** Resolves when nothing runs or waits any more. */
  async idle(): Promise<void> {
    if (this.active === 0 && this.line.length === 0) return;
    await new Promise<void>((resolve) => this.idleListeners.push(resolve));
  }

  private admit(): Admission {
    this.active++;
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      this.active--;
      this.line.shift()?.admit();
      if (this.active === 0) for (const listener of this.idleListeners.splice(0)) listener();
    };
    return { kind: 'admitted', leave };
  }
}
