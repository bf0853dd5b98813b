/** The parser itself keeps one copy of texts up to this length. UTF-16 units. */
const SHORT = 10;
/** Texts of so many UTF-16 units in all are remembered, and as many of before: what is equal in many objects is read again soon. */
const REMEMBERED = 256 * 1024;

/**
 * One copy of each text in a cache. Objects that were rendered from one template carry the same programs, sizes, reasons and moments, and the
 * parser makes a string of its own for each. Of the 35 KB that a Workspace took in the caches of the operator 12 were long texts that were there
 * already; sharing the short ones too took 9 MB from its peak at 1,000 Workspaces (both measured).
 */
export class SharedText {
  private recent = new Map<string, string>();
  private before = new Map<string, string>();
  private units = 0;

  /** Whether a value is a text that is worth it. */
  shares(value: unknown): value is string {
    return typeof value === 'string' && value.length > SHORT;
  }

  /** The copy that is kept of a text equal to this one. */
  of(text: string): string {
    const known = this.recent.get(text);
    if (known !== undefined) return known;
    const kept = this.before.get(text) ?? text;
    this.units += kept.length;
    if (this.units > REMEMBERED) {
      this.before = this.recent;
      this.recent = new Map();
      this.units = kept.length;
    }
    this.recent.set(kept, kept);
    return kept;
  }
}
