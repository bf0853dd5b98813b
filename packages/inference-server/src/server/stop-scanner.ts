/**
 * Lets text through until one of the stop strings comes. The end of what it has seen stays back while it may be the beginning of a stop
 * string, so that a streaming client never sees half of one.
 */
export class StopScanner {
  private held = '';
  private found = false;

  constructor(private readonly stops: readonly string[]) {}

  /** True once a stop string has come; nothing is let through any more. */
  get stopped(): boolean {
    return this.found;
  }

  /** What may be shown after `text` has come. */
  push(text: string): string {
    if (this.found) return '';
    this.held += text;
    const at = Math.min(...this.stops.map((stop) => this.held.indexOf(stop)).filter((index) => index >= 0));
    if (Number.isFinite(at)) {
      this.found = true;
      return this.release(at);
    }
    return this.release(this.held.length - this.undecided());
  }

  /** What was held back, once no more text comes. */
  flush(): string {
    return this.found ? '' : this.release(this.held.length);
  }

  private release(length: number): string {
    const out = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return out;
  }

  /** The length of the longest end of the held text that is a beginning of a stop string. */
  private undecided(): number {
    const longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, this.held.length); length > 0; length--) {
      const end = this.held.slice(-length);
      if (this.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
