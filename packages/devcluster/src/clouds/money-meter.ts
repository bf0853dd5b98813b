import type { Clock } from '../clock.js';

/** One machine on the bill. */
export interface BillLine {
  readonly machine: string;
  readonly instanceType: string;
  readonly seconds: number;
  /** In the currency of the price table. */
  readonly cost: number;
  readonly running: boolean;
}

/** Bills each machine by the second, from launch to termination, whether or not anything useful ran on it. */
export class MoneyMeter {
  readonly #machines = new Map<string, { readonly instanceType: string; readonly from: number; to?: number }>();

  /** @param pricesPerHour by instance type; a type that is not listed costs nothing. */
  constructor(
    readonly clock: Clock,
    readonly pricesPerHour: Readonly<Record<string, number>> = {},
  ) {}

  start(machine: string, instanceType: string): void {
    if (!this.#machines.has(machine)) this.#machines.set(machine, { instanceType, from: this.clock.now() });
  }

  stop(machine: string): void {
    const found = this.#machines.get(machine);
    if (found !== undefined) found.to ??= this.clock.now();
  }

  /** Everything up to now, oldest first. */
  bill(): { readonly total: number; readonly lines: readonly BillLine[] } {
    const lines = [...this.#machines].map(([machine, { instanceType, from, to }]) => {
      const seconds = ((to ?? this.clock.now()) - from) / 1000;
      const cost = (seconds / 3600) * (this.pricesPerHour[instanceType] ?? 0);
      return { machine, instanceType, seconds, cost, running: to === undefined };
    });
    return { total: lines.reduce((sum, { cost }) => sum + cost, 0), lines };
  }
}
