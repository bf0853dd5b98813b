import type { Clock } from '@kaito-sdk/core';
import type { SizeList } from './agent-pool-api.js';
import type { ListedSize } from './size-list.js';

const FRESH_MS = 6 * 60 * 60_000;
/** After a refusal: a role assignment takes minutes to work, and the list is a convenience. */
const RETRY_MS = 60 * 60_000;

/**
 * Which sizes there are, and whether the subscription may use one at all, by its own list. The list is optional: where it may not be read
 * nothing is known, and the first try tells.
 */
export class OfferedSizes {
  private known: ReadonlyMap<string, ListedSize> | undefined;
  private readAt: number | undefined;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly source: SizeList,
    private readonly clock: Clock,
  ) {}

  /** What was read last, by name in lower case; undefined where it was never possible. */
  get listed(): ReadonlyMap<string, ListedSize> | undefined {
    return this.known;
  }

  /** Undefined when nobody can say. */
  async offers(instanceType: string): Promise<boolean | undefined> {
    await this.refresh();
    return this.known && (this.known.get(instanceType.toLowerCase())?.offered ?? false);
  }

  /** Reads the list, unless it was read, or refused, a short while ago. Whoever comes in the meantime waits for the same answer. */
  async refresh(): Promise<void> {
    const age = this.readAt === undefined ? Number.POSITIVE_INFINITY : this.clock.now() - this.readAt;
    if (this.reading === undefined && age < (this.known === undefined ? RETRY_MS : FRESH_MS)) return;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    await this.reading;
  }

  private async read(): Promise<void> {
    this.readAt = this.clock.now();
    try {
      const sizes = await this.source.list();
      // A list without a single size is no answer to rely on.
      if ([...sizes.values()].some(({ offered }) => offered)) this.known = sizes;
    } catch {
      // What was read earlier still holds more often than not.
    }
  }
}
