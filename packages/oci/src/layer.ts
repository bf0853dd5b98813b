import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGzip } from 'node:zlib';
import type { BlobSource } from './blob-source.js';
import { type Digest, Digester } from './digest.js';
import { ociError } from './errors.js';
import { storedGzip } from './stored-gzip.js';
import { type TarSource, writeTar } from './tar-write.js';
import { transformed } from './transformed.js';

/** A file to put into a layer. */
export interface LayerFile {
  /** Where it lies in the image, without a leading slash: `data/adapter_config.json`. */
  readonly path: string;
  /** A file on disk, read piece by piece, or the content itself. */
  readonly from: { readonly file: string } | { readonly content: Uint8Array | string };
  readonly executable?: boolean;
}

/** A layer ready to be pushed. `diffId` is the digest of the archive before it was packed, as the image's config lists it. */
export interface Layer extends BlobSource {
  readonly diffId: Digest;
}

/**
 * `stored` packs without compressing: the same files have the same digest on every machine. `gzip` compresses: smaller where
 * the files are text, the same digest only for the same Node version and processor family.
 */
export type LayerPacking = 'stored' | 'gzip';

/**
 * Makes a layer of files: sorted, times zero, owner root, modes 0644 or 0755, parent folders included. Reads every file
 * once to learn the digest and once for each time it is sent; nothing is copied. Throws `FILES_INVALID`, `SOURCE_CHANGED`.
 */
export async function buildLayer(files: readonly LayerFile[], packing: LayerPacking = 'stored'): Promise<Layer> {
  const entries = await tarEntries(files);
  const whole = new Digester();
  const packed = new Digester();
  for await (const part of pack(watched(writeTar(entries), whole), packing)) packed.update(part);
  return {
    digest: packed.digest(),
    size: packed.size,
    diffId: whole.digest(),
    open: () => pack(writeTar(entries), packing),
  };
}

async function tarEntries(files: readonly LayerFile[]): Promise<readonly TarSource[]> {
  if (files.length === 0) throw ociError('FILES_INVALID', 'there are none. Name at least one');
  const sources = new Map<string, TarSource>();
  for (const file of files) {
    const parts = file.path.split('/');
    if (
      parts.some(
        (part) => part === '' || part === '.' || part === '..' || part.includes('\0') || part.startsWith('.wh.'),
      )
    ) {
      throw ociError(
        'FILES_INVALID',
        `"${file.path}" is no path in an image. Write it relative to the root, without empty parts, "." or "..", and without names starting with ".wh."`,
      );
    }
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/');
      if (sources.get(folder)?.kind === 'file') throw twice(folder);
      sources.set(folder, { kind: 'folder', path: folder });
    }
    if (sources.has(file.path)) throw twice(file.path);
    sources.set(file.path, await fileEntry(file));
  }
  // By code unit and not by locale, which differs between machines.
  return [...sources.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

const twice = (path: string) =>
  ociError('FILES_INVALID', `"${path}" is named twice, or as file and as folder. Name each path once`);

async function fileEntry(file: LayerFile): Promise<TarSource> {
  const base = { kind: 'file', path: file.path, executable: file.executable === true } as const;
  if ('content' in file.from) {
    const content = Buffer.from(file.from.content);
    return {
      ...base,
      size: content.length,
      async *open() {
        yield content;
      },
    };
  }
  const { file: name } = file.from;
  const { size } = await stat(name).then(
    (found) => (found.isFile() ? found : Promise.reject(ociError('FILES_INVALID', `${name} is no regular file`))),
    (error: unknown) =>
      Promise.reject(ociError('FILES_INVALID', `${name} cannot be read (${String((error as Error).message)})`)),
  );
  return { ...base, size, open: () => readExactly(name, size) };
}

/** The content of a file that must keep its size: a shorter one would shift everything behind it. */
async function* readExactly(name: string, size: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  const stream = createReadStream(name, { highWaterMark: 1 << 18 });
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    seen += part.length;
    if (seen > size) throw ociError('SOURCE_CHANGED', name);
    yield part;
  }
  if (seen !== size) throw ociError('SOURCE_CHANGED', name);
}

async function* watched(source: AsyncIterable<Uint8Array>, digester: Digester): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    digester.update(part);
    yield part;
  }
}

function pack(archive: AsyncIterable<Uint8Array>, packing: LayerPacking): AsyncIterable<Uint8Array> {
  return packing === 'stored' ? storedGzip(archive) : throughGzip(archive);
}

async function* throughGzip(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const part of transformed(archive, createGzip({ level: 6 }))) {
    // Byte 9 names the operating system, which the layer must not depend on.
    if (first && part.length > 9) part[9] = 255;
    first = false;
    yield part;
  }
}
