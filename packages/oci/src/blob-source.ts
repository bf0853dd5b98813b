import { type Digest, digestOf } from './digest.js';

/** A blob that can be read again from the start: what is pushed, be it larger than memory or not. */
export interface BlobSource {
  readonly digest: Digest;
  readonly size: number;
  /** The bytes, the same at each call; the reader may stop early. */
  open(): AsyncIterable<Uint8Array>;
}

/** A blob of bytes in memory: configurations and other small things. */
export function bytesBlob(bytes: Uint8Array): BlobSource {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

/** Regroups bytes into chunks of exactly `size`, but for the last one. Holds at most one chunk. */
export async function* inChunks(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let chunk = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const part of source) {
    let at = 0;
    while (at < part.length) {
      const take = Math.min(size - filled, part.length - at);
      chunk.set(part.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === size) {
        yield chunk;
        // A fresh one: the last may still be on its way.
        chunk = Buffer.allocUnsafe(size);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
