import type { AgentPool } from '@azure/arm-containerservice';
import type { Clock } from '@kaito-sdk/core';

/** The pools of the cluster as last listed, shared by all Workspaces, with our own writes added. */
export class PoolSnapshot {
  private pools = new Map<string, AgentPool>();
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
  }

  forget(name: string): void {
    this.pools.delete(name);
  }

  private async read(): Promise<void> {
    const began = this.clock.now();
    const pools = await this.list();
    this.pools = new Map(pools.flatMap((pool) => (pool.name === undefined ? [] : [[pool.name, pool]])));
    this.listedAt = began;
  }
}
