/**
 * Which adapters an engine has at hand, of more that it serves: as many as it has slots for, those used last. What is given up for another one
 * is read again from where it came when it is asked for (vLLM 0.32: `--max-cpu-loras`, else `--max-loras`).
 */
export class AdapterSlots {
  private readonly inUse = new Set<string>();

  constructor(private readonly slots: number = Number.POSITIVE_INFINITY) {}

  /** Takes a slot for each of these. Answers those that had none, and those that lost theirs. */
  take(names: readonly string[]): { readonly missing: readonly string[]; readonly lost: readonly string[] } {
    const missing = names.filter((name) => !this.inUse.has(name));
    for (const name of names) {
      this.inUse.delete(name);
      this.inUse.add(name);
    }
    const lost: string[] = [];
    for (const name of this.inUse) {
      if (this.inUse.size <= this.slots || names.includes(name)) break;
      this.inUse.delete(name);
      lost.push(name);
    }
    return { missing, lost };
  }

  drop(name: string): void {
    this.inUse.delete(name);
  }
}
