declare const unit: unique symbol;

/**
 * An amount of memory or disk in bytes: a plain JSON number that can only be made through a named unit, so that a bare number,
 * or gibibytes, can never be passed where bytes are meant.
 */
export type Bytes = number & { readonly [unit]: 'bytes' };

export function bytes(n: number): Bytes {
  if (!Number.isFinite(n) || n < 0) throw new RangeError(`an amount of memory must be zero or more, got ${n} bytes`);
  return Math.ceil(n) as Bytes;
}

/** `gib(16)` is 16 GiB, 16 x 2^30 bytes. */
export function gib(n: number): Bytes {
  return bytes(n * 2 ** 30);
}

export function mib(n: number): Bytes {
  return bytes(n * 2 ** 20);
}

/** `7.12 GiB`: two decimals, for people. */
export function formatGib(amount: Bytes): string {
  return `${(amount / 2 ** 30).toFixed(2)} GiB`;
}
