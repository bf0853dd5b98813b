import type { LogQuery } from '../http/backends.js';

interface Line {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How many lines came before it in that millisecond: a real runtime counts nanoseconds, and no two lines have the same. */
  readonly place: number;
  readonly text: string;
}

/**
 * What one run of a container printed: the last lines (default 10,000), and whoever follows gets each new one. Lines keep
 * their newline; a last line without one is shown when the container has ended.
 */
export class ContainerLog {
  readonly #lines: Line[] = [];
  #dropped = 0;
  #partial = '';
  #ended = false;
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly now: () => number,
    readonly limit = 10_000,
  ) {}

  append(text: string): void {
    const pieces = (this.#partial + text).split('\n');
    this.#partial = pieces.pop() ?? '';
    for (const piece of pieces) this.#push(`${piece}\n`);
    if (pieces.length > 0) this.#wake();
  }

  /** Nothing comes any more: followers end. */
  end(): void {
    if (this.#partial !== '') this.#push(`${this.#partial}\n`);
    this.#partial = '';
    this.#ended = true;
    this.#wake();
  }

  /** The kept lines, or what of them is asked for; then, when following, each new one until the container ends. */
  async *read({ limitBytes = Number.POSITIVE_INFINITY, timestamps, ...query }: LogQuery): AsyncGenerator<string> {
    let left = limitBytes;
    for await (const line of this.#read(query)) {
      const bytes = Buffer.from(timestamps === true ? `${stamp(line)} ${line.text}` : line.text);
      yield bytes.subarray(0, left).toString();
      left -= bytes.length;
      if (left <= 0) return;
    }
  }

  /** The last lines, as one text. */
  tail(lines: number): string {
    return this.#lines
      .slice(-lines)
      .map(({ text }) => text)
      .join('');
  }

  async *#read({ follow, tailLines, since = Number.NEGATIVE_INFINITY, signal }: LogQuery): AsyncGenerator<Line> {
    const first = this.#dropped;
    const tail = tailLines ?? this.#lines.length;
    let next = first + Math.max(0, this.#lines.length - tail);
    const stopAt = follow ? Number.POSITIVE_INFINITY : first + this.#lines.length;
    while (signal?.aborted !== true) {
      next = Math.max(next, this.#dropped);
      while (next < Math.min(stopAt, this.#dropped + this.#lines.length)) {
        const line = this.#lines[next - this.#dropped];
        next++;
        if (line !== undefined && line.at >= since) yield line;
      }
      if (!follow || this.#ended) {
        if (next < this.#dropped + this.#lines.length && follow) continue;
        return;
      }
      await this.#more(signal);
    }
  }

  #push(text: string): void {
    const at = this.now();
    const last = this.#lines.at(-1);
    this.#lines.push({ at, place: last?.at === at ? last.place + 1 : 0, text });
    if (this.#lines.length > this.limit) {
      this.#lines.shift();
      this.#dropped++;
    }
  }

  /** Resolves when there are new lines, when none come any more, or when nobody wants them. */
  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** RFC 3339 with nine digits, as a container runtime writes it. */
function stamp({ at, place }: Line): string {
  return `${new Date(at).toISOString().slice(0, -1)}${String(place).padStart(6, '0')}Z`;
}
