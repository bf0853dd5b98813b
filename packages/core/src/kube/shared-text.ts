/** Shorter texts are not worth the looking up. UTF-16 units. */
const LONG = 512;
/** Texts remembered at most: what is equal in many objects is read again soon. */
const REMEMBERED = 64;

/**
 * One copy of each long text in a cache. Objects that were rendered from one template carry the same program or configuration, and the
 * parser makes a string of its own for each: 12 of the 35 KB that a Workspace took in the caches of the operator (measured).
 */
export class SharedText {
  /** In the order of use, the last at the end. */
  private readonly texts = new Map<string, string>();

  /** Whether a value is a text that is worth it. */
  shares(value: unknown): value is string {
    return typeof value === 'string' && value.length >= LONG;
  }

  /** The copy that is kept of a text equal to this one. */
  of(text: string): string {
    const kept = this.texts.get(text) ?? text;
    this.texts.delete(kept);
    this.texts.set(kept, kept);
    if (this.texts.size > REMEMBERED) {
      const [oldest] = this.texts.keys();
      if (oldest !== undefined) this.texts.delete(oldest);
    }
    return kept;
  }
}
