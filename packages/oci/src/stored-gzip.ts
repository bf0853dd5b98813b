import { crc32 } from 'node:zlib';

/** The longest stored block of the deflate format. */
const blockBytes = 65_535;

/**
 * Wraps bytes as gzip without compressing them. Compressors give other bytes by version and by processor, so that the same
 * files would have another digest elsewhere; this form is the same everywhere. Trained weights hardly shrink anyway.
 */
export async function* storedGzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // No name, no time, "unknown" as system of origin.
  yield Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
  let crc = 0;
  let size = 0;
  let block = Buffer.allocUnsafe(blockBytes);
  let filled = 0;
  for await (const part of source) {
    crc = crc32(part, crc);
    size += part.length;
    let at = 0;
    while (at < part.length) {
      const take = Math.min(blockBytes - filled, part.length - at);
      block.set(part.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < blockBytes) continue;
      yield blockHeader(blockBytes, false);
      yield block;
      block = Buffer.allocUnsafe(blockBytes);
      filled = 0;
    }
  }
  yield blockHeader(filled, true);
  yield block.subarray(0, filled);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

/** Bytes that {@link storedGzip} makes of `size` bytes. */
export const storedGzipSize = (size: number): number => size + (Math.floor(size / blockBytes) + 1) * 5 + 18;

function blockHeader(size: number, last: boolean): Uint8Array {
  const header = Buffer.alloc(5);
  header.writeUInt8(last ? 1 : 0, 0);
  header.writeUInt16LE(size, 1);
  header.writeUInt16LE(~size & 0xffff, 3);
  return header;
}
