/** Cuts a stream of text pieces into lines. What follows the last newline waits for its rest. */
export class LineSplitter {
  private rest = '';

  /** @param longest of a line whose end has not come; a longer one is let go of, and nothing of it is answered */
  constructor(private readonly longest = Number.POSITIVE_INFINITY) {}

  private skipping = false;

  /** The lines that `piece` completes, without their newlines; empty lines are left out. */
  push(piece: string): string[] {
    const text = this.rest === '' ? piece : this.rest + piece;
    const lines: string[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (end > from && !this.skipping && end - from <= this.longest) lines.push(text.slice(from, end));
      this.skipping = false;
      from = end + 1;
    }
    this.rest = from === 0 ? text : text.slice(from);
    if (this.rest.length > this.longest) {
      this.rest = '';
      this.skipping = true;
    }
    return lines;
  }
}
