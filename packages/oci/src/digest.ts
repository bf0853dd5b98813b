import { createHash } from 'node:crypto';
import { ociError } from './errors.js';

/** `sha256:` and 64 hex digits, the name of a blob or manifest by its content. */
export type Digest = `sha256:${string}`;

/** Whether a text is a digest that this package can check. */
export const isDigest = (text: string): text is Digest => /^sha256:[0-9a-f]{64}$/.test(text);

/** Reads a digest; throws `DIGEST_INVALID`. Digests of other algorithms are refused, since nothing could be checked. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw ociError('DIGEST_INVALID', text);
  return text;
}

/** The digest of bytes that are already in memory. */
export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Counts and hashes bytes as they pass; the value is asked for once, at the end. */
export class Digester {
  readonly #hash = createHash('sha256');
  #size = 0;

  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  digest(): Digest {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
