/** Cuts a stream of text pieces into lines. What follows the last newline waits for its rest. */
export class LineSplitter {
  private rest = '';

  /** The lines that `piece` completes, without their newlines; empty lines are left out. */
  push(piece: string): string[] {
    const text = this.rest === '' ? piece : this.rest + piece;
    const lines: string[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (end > from) lines.push(text.slice(from, end));
      from = end + 1;
    }
    this.rest = from === 0 ? text : text.slice(from);
    return lines;
  }
}
