import type { InstanceType, Price } from '../plugin/instance-catalog.js';

/** The price that counts: of the region asked for, or, when none is, the first that is known. Never another region's. */
export function priceOf(instance: InstanceType, region: string | undefined): Price | undefined {
  return region === undefined ? instance.prices[0] : instance.prices.find((price) => price.region === region);
}

/** The price of `nodes` machines, to a hundredth of a cent. */
export function times(price: Price, nodes: number): Price {
  return { ...price, usdPerHour: Math.round(price.usdPerHour * nodes * 10_000) / 10_000 };
}

/** `$3.06 an hour in REGION`. */
export function formatPrice(price: Price): string {
  return `$${price.usdPerHour} an hour in ${price.region}`;
}

/**
 * Cheapest first; machines without a known price last, the smaller first. A total order, so that the same catalogs always give
 * the same choice.
 */
export function byPrice(region: string | undefined): (a: InstanceType, b: InstanceType) => number {
  return (a, b) =>
    dollars(a, region) - dollars(b, region) ||
    a.gpu.count * a.gpu.memoryBytes - b.gpu.count * b.gpu.memoryBytes ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** For comparing. `Number.MAX_VALUE` and not infinity: the difference of two unknown prices must be zero, and infinity less itself is not. */
export function dollars(instance: InstanceType, region: string | undefined): number {
  return priceOf(instance, region)?.usdPerHour ?? Number.MAX_VALUE;
}
