import type { World } from '../world.js';

const HOUR = 3_600_000;

/** What the process holds, hour by hour. Does nothing without a way to collect garbage. */
export class HeapRecord {
  /** Bytes in use after a collection, at each look that made one. */
  readonly looks: { readonly hour: number; readonly bytes: number; readonly workspaces: number }[] = [];

  constructor(
    private readonly world: World,
    private readonly began: number,
    private readonly collect: (() => void) | undefined,
  ) {}

  weigh(workspaces: number, now: number): void {
    const hour = Math.floor((now - this.began) / HOUR);
    if (this.collect === undefined || this.looks.at(-1)?.hour === hour) return;
    // The history that the server keeps for watches is its own: it comes and goes with compaction.
    this.world.cluster.server.compact();
    this.collect();
    this.looks.push({ hour, bytes: process.memoryUsage().heapUsed, workspaces });
  }

  /** What an old process, at work since then, holds that a new one does not, with the same to look at. */
  async growthSince(begin: number): Promise<{ readonly bytes: number; readonly hours: number } | undefined> {
    const { world, collect } = this;
    if (collect === undefined) return undefined;
    const hours = (world.clock.now() - begin) / HOUR;
    collect();
    const old = process.memoryUsage().heapUsed;
    await world.kill();
    await world.operate();
    collect();
    return { bytes: old - process.memoryUsage().heapUsed, hours };
  }
}
