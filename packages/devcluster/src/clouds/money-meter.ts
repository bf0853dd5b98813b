import type { Clock } from '../clock.js';

/** How a machine was bought. */
export interface Bought {
  readonly capacityType?: 'on-demand' | 'spot' | undefined;
  readonly zone?: string | undefined;
}

/** One machine on the bill. */
export interface BillLine {
  readonly machine: string;
  readonly instanceType: string;
  readonly capacityType: 'on-demand' | 'spot';
  readonly zone?: string;
  /** When it was launched, milliseconds since the epoch. */
  readonly from: number;
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
    readonly capacityType: 'on-demand' | 'spot';
    readonly zone: string | undefined;
    readonly from: number;
    to?: number;
  }[] = [];

  /**
   * @param pricesPerHour by instance type; a type that is not listed costs nothing.
   * @param spotPricesPerHour the same for spot machines; one that is not listed costs as much as on demand.
   */
  constructor(
    readonly clock: Clock,
    readonly pricesPerHour: Readonly<Record<string, number>> = {},
    readonly spotPricesPerHour: Readonly<Record<string, number>> = {},
  ) {}

  /** Begins a line, unless a machine of that name runs already. One that comes back after its end is a new machine. */
  start(machine: string, instanceType: string, { capacityType = 'on-demand', zone }: Bought = {}): void {
    if (this.#running(machine) !== undefined) return;
    this.#machines.push({ machine, instanceType, capacityType, zone, from: this.clock.now() });
  }

  stop(machine: string): void {
    const found = this.#running(machine);
    if (found !== undefined) found.to = this.clock.now();
  }

  /** Everything up to now, oldest first. */
  bill(): { readonly total: number; readonly lines: readonly BillLine[] } {
    const lines = this.#machines.map(({ from, to, zone, ...bought }) => {
      const seconds = ((to ?? this.clock.now()) - from) / 1000;
      const cost = (seconds / 3600) * this.#price(bought);
      return { ...bought, ...(zone === undefined ? {} : { zone }), from, seconds, cost, running: to === undefined };
    });
    return { total: lines.reduce((sum, { cost }) => sum + cost, 0), lines };
  }

  #price({ instanceType, capacityType }: Pick<BillLine, 'instanceType' | 'capacityType'>): number {
    const spot = capacityType === 'spot' ? this.spotPricesPerHour[instanceType] : undefined;
    return spot ?? this.pricesPerHour[instanceType] ?? 0;
  }

  #running(machine: string) {
    return this.#machines.find((one) => one.machine === machine && one.to === undefined);
  }
}
