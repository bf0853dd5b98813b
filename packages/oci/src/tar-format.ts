/** The block of the tar format: headers are one, contents are filled up to whole ones. */
export const tarBlock = 512;

/** Bytes of filling behind a content of `size` bytes. */
export const tarPadding = (size: number): number => (tarBlock - (size % tarBlock)) % tarBlock;

/** The sum over a header with its own field taken as spaces. */
export function tarChecksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < tarBlock; i += 1) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0);
  return sum;
}
