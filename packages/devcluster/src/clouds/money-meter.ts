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
  readonly #machines: {
    readonly machine: string;
    readonly instanceType: string;
    readonly from: number;
    to?: number;
  }[] = [];

  /** @param pricesPerHour by instance type; a type that is not listed costs nothing. */
  constructor(
    readonly clock: Clock,
    readonly pricesPerHour: Readonly<Record<string, number>> = {},
  ) {}

  /** Begins a line, unless a machine of that name runs already. One that comes back after its end is a new machine. */
  start(machine: string, instanceType: string): void {
    if (this.#running(machine) === undefined) this.#machines.push({ machine, instanceType, from: this.clock.now() });
  }

  stop(machine: string): void {
    const found = this.#running(machine);
    if (found !== undefined) found.to = this.clock.now();
  }

  /** Everything up to now, oldest first. */
  bill(): { readonly total: number; readonly lines: readonly BillLine[] } {
    const lines = this.#machines.map(({ machine, instanceType, from, to }) => {
      const seconds = ((to ?? this.clock.now()) - from) / 1000;
      const cost = (seconds / 3600) * (this.pricesPerHour[instanceType] ?? 0);
      return { machine, instanceType, seconds, cost, running: to === undefined };
    });
    return { total: lines.reduce((sum, { cost }) => sum + cost, 0), lines };
  }
  #running(machine: string) {
    return this.#machines.find((one) => one.machine === machine && one.to === undefined);
  }
}
