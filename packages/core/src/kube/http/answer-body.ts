/** What a reader can do to the connection that its text comes from. */
export interface TextSource {
  pause(): void;
  resume(): void;
  /** The reader has left before the end. */
  abandon(): void;
}

/** Text that nobody has asked for yet, in UTF-16 units, before the source is told to wait. */
const most = 1 << 20;

/** The body of one answer. Hands out all that has arrived whenever it is asked, and holds the source up when nobody asks. */
export class AnswerBody implements AsyncIterableIterator<string> {
  private arrived = '';
  private state: 'open' | 'ended' | 'failed' = 'open';
  private failure: unknown;
  private paused = false;
  private reader:
    | { readonly resolve: (result: IteratorResult<string>) => void; readonly reject: (reason: unknown) => void }
    | undefined;

  constructor(private readonly source: TextSource) {}

  push(text: string): void {
    if (this.reader !== undefined) {
      this.reader.resolve({ done: false, value: text });
      this.reader = undefined;
      return;
    }
    this.arrived += text;
    if (this.arrived.length < most || this.paused) return;
    this.paused = true;
    this.source.pause();
  }

  end(): void {
    if (this.state !== 'open') return;
    this.state = 'ended';
    this.reader?.resolve({ done: true, value: undefined });
    this.reader = undefined;
  }

  /** What arrived before can still be read. */
  fail(reason: unknown): void {
    if (this.state !== 'open') return;
    this.state = 'failed';
    this.failure = reason;
    this.reader?.reject(reason);
    this.reader = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<string>> {
    if (this.arrived !== '') {
      const value = this.arrived;
      this.arrived = '';
      if (this.paused) {
        this.paused = false;
        this.source.resume();
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.state === 'ended') return Promise.resolve({ done: true, value: undefined });
    if (this.state === 'failed') return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<string>> {
    this.arrived = '';
    const open = this.state === 'open';
    this.end();
    if (open) this.source.abandon();
    return Promise.resolve({ done: true, value: undefined });
  }
}
