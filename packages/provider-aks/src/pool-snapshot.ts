import type { AgentPool } from '@azure/arm-containerservice';
import type { Clock } from '@kaito-sdk/core';

/** The pools of the cluster as last listed, shared by all Workspaces, with our own writes added. */
export class PoolSnapshot {
  private pools = new Map<string, AgentPool>();
  /** What was written since the listing that is on its way began: it does not know of that. */
  private written = new Map<string, AgentPool | undefined>();
  private listedAt: number | undefined;
  private listing: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly list: () => Promise<readonly AgentPool[]>,
  ) {}

  /** What is known, without a request. */
  all(): readonly AgentPool[] {
    return [...this.pools.values()];
  }

  has(name: string): boolean {
    return this.pools.has(name);
  }

  /** Whether it was listed within the last `ms` milliseconds. */
  isYounger(ms: number): boolean {
    return this.listedAt !== undefined && this.clock.now() - this.listedAt < ms;
  }

  /** Lists again. Callers at the same time share one request. */
  refresh(): Promise<void> {
    this.listing ??= this.read().finally(() => {
      this.listing = undefined;
    });
    return this.listing;
  }

  /** A newer version of one pool. */
  learn(name: string, pool: AgentPool): void {
    this.pools.set(name, { ...pool, name });
    this.written.set(name, { ...pool, name });
  }

  forget(name: string): void {
    this.pools.delete(name);
    this.written.set(name, undefined);
  }

  private async read(): Promise<void> {
    const began = this.clock.now();
    this.written = new Map();
    const pools = await this.list();
    this.pools = new Map(pools.flatMap((pool) => (pool.name === undefined ? [] : [[pool.name, pool]])));
    for (const [name, pool] of this.written) {
      if (pool === undefined) this.pools.delete(name);
      else this.pools.set(name, pool);
    }
    this.listedAt = began;
  }
}
