import type { Clock } from '@kaito-sdk/core';
import type { SizeList } from './agent-pool-api.js';

const FRESH_MS = 6 * 60 * 60_000;
/** After a refusal: a role assignment takes minutes to work, and the list is a convenience. */
const RETRY_MS = 60 * 60_000;

/**
 * Whether the subscription may use a size at all, by its own list. The list is optional: where it may not be read nothing is known,
 * and the first try tells.
 */
export class OfferedSizes {
  private known: ReadonlySet<string> | undefined;
  private readAt: number | undefined;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly source: SizeList,
    private readonly clock: Clock,
  ) {}

  /** Undefined when nobody can say. */
  async offers(instanceType: string): Promise<boolean | undefined> {
    const age = this.readAt === undefined ? Number.POSITIVE_INFINITY : this.clock.now() - this.readAt;
    if (age >= (this.known === undefined ? RETRY_MS : FRESH_MS)) {
      this.reading ??= this.read().finally(() => {
        this.reading = undefined;
      });
      await this.reading;
    }
    return this.known?.has(instanceType.toLowerCase());
  }

  private async read(): Promise<void> {
    this.readAt = this.clock.now();
    try {
      const sizes = await this.source.list();
      // A list without a single size is no answer to rely on.
      if (sizes.size > 0) this.known = sizes;
    } catch {
      // What was read earlier still holds more often than not.
    }
  }
}
