/**
 * What one run of a container printed: the last lines (default 10,000), and whoever follows gets each new one. Lines keep
 * their newline; a last line without one is shown when the container has ended.
 */
export class ContainerLog {
  readonly #lines: string[] = [];
  #dropped = 0;
  #partial = '';
  #ended = false;
  readonly #waiting = new Set<() => void>();

  constructor(readonly limit = 10_000) {}

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

  /** The kept lines, or the last `tailLines` of them; then, when following, each new one until the container ends. */
  async *read(options: { readonly follow: boolean; readonly tailLines?: number }): AsyncGenerator<string> {
    const first = this.#dropped;
    const tail = options.tailLines ?? this.#lines.length;
    let next = first + Math.max(0, this.#lines.length - tail);
    const stopAt = options.follow ? Number.POSITIVE_INFINITY : first + this.#lines.length;
    while (true) {
      next = Math.max(next, this.#dropped);
      while (next < Math.min(stopAt, this.#dropped + this.#lines.length)) {
        const line = this.#lines[next - this.#dropped];
        next++;
        if (line !== undefined) yield line;
      }
      if (!options.follow || this.#ended) {
        if (next < this.#dropped + this.#lines.length && options.follow) continue;
        return;
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** The last lines, as one text. */
  tail(lines: number): string {
    return this.#lines.slice(-lines).join('');
  }

  #push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.limit) {
      this.#lines.shift();
      this.#dropped++;
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
