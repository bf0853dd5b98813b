/**
 * Reads pieces until told to stop, even when the source never answers again: a half-open connection neither delivers nor
 * ends, and not every source notices that its request was aborted.
 */
export class AbortableReader {
  private readonly iterator: AsyncIterator<string>;
  private fail: ((reason: unknown) => void) | undefined;

  constructor(
    pieces: AsyncIterable<string>,
    private readonly signal: AbortSignal,
  ) {
    this.iterator = pieces[Symbol.asyncIterator]();
    signal.addEventListener('abort', () => this.fail?.(signal.reason), { once: true });
  }

  /** The next piece, or `undefined` at the end. Rejects with the signal's reason once it is aborted. */
  async next(): Promise<string | undefined> {
    this.signal.throwIfAborted();
    const result = await new Promise<IteratorResult<string>>((resolve, reject) => {
      this.fail = reject;
      this.iterator.next().then(resolve, reject);
    });
    return result.done === true ? undefined : result.value;
  }

  /** Gives the connection back. Does not wait: a dead source would never confirm. */
  close(): void {
    void this.iterator.return?.().catch(() => undefined);
  }
}
