import type { Stretch } from './ideal-bill.js';

/** From when to when each Workspace needs a machine: what an ideal operator would pay for. */
export class Needs {
  private readonly needed = new Map<string, Stretch[]>();

  /** @param terminateMs what the cloud takes to end a machine, and is paid for */
  constructor(private readonly terminateMs: number) {}

  get all(): ReadonlyMap<string, Stretch[]> {
    return this.needed;
  }

  begin(name: string, from: number): void {
    this.needed.set(name, [{ from, to: Number.POSITIVE_INFINITY }]);
  }

  /** Another machine beside the one that is needed so far. */
  also(name: string, from: number): void {
    this.needed.get(name)?.push({ from, to: Number.POSITIVE_INFINITY });
  }

  /** Nothing is needed for it beyond this moment and the cloud's own time to end a machine. */
  end(name: string, at: number): void {
    const ended = (this.needed.get(name) ?? []).flatMap(({ from, to }) => {
      if (Number.isFinite(to)) return [{ from, to }];
      // A machine that has not been launched when nobody wants it any more need never be.
      return at < from ? [] : [{ from, to: at + this.terminateMs }];
    });
    this.needed.set(name, ended);
  }

  isOpen(name: string): boolean {
    return this.needed.get(name)?.some(({ to }) => !Number.isFinite(to)) ?? false;
  }

  /** Whether nothing has been needed for it since then. */
  wasOverAt(name: string, at: number): boolean {
    return (this.needed.get(name) ?? []).every(({ to }) => to < at);
  }
}
