function toNumber(address: string): number | undefined {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

const toText = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

function range(cidr: string): { first: number; size: number } {
  const [base = '', bits = ''] = cidr.split('/');
  const start = toNumber(base);
  const prefix = Number(bits);
  if (start === undefined || !Number.isInteger(prefix) || prefix < 1 || prefix > 30) {
    throw new RangeError(`a service CIDR is an IPv4 range such as 10.96.0.0/16, got ${JSON.stringify(cidr)}`);
  }
  const size = 2 ** (32 - prefix);
  return { first: Math.floor(start / size) * size, size };
}

/** Whether an IPv4 address lies in the range; the first and the last address do not count. */
export function inRange(cidr: string, address: string): boolean {
  const value = toNumber(address);
  const { first, size } = range(cidr);
  return value !== undefined && value > first && value < first + size - 1;
}

/** The lowest free address from the tenth on; the first few are kept for what asks for them by number, as the real server keeps a band. */
export function freeAddress(cidr: string, taken: ReadonlySet<string>): string | undefined {
  const { first, size } = range(cidr);
  const start = size > 32 ? 11 : 1;
  for (let offset = start; offset < size - 1; offset++) {
    const address = toText(first + offset);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** The first address of the range, which the `kubernetes` Service has. */
export function firstAddress(cidr: string): string {
  return toText(range(cidr).first + 1);
}
