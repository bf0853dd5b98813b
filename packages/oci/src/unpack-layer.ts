import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Digester } from './digest.js';
import { OciError, ociError } from './errors.js';
import { type LayerChanges, noChanges, type StagedFile } from './image-tree.js';
import { readTar, TarError, type TarStep } from './tar-read.js';
import { transformed } from './transformed.js';

/** What an image may cost at most. */
export interface PullLimits {
  /** Files taken. Default 10,000. */
  readonly files: number;
  /** Bytes of the files taken. Default 32 GiB. */
  readonly bytes: number;
  /** Bytes of all layers after unpacking, taken or not: a small archive can unpack to no end. Default 128 GiB. */
  readonly unpackedBytes: number;
  /** Entries of all layers, taken or not. Default 1,000,000. */
  readonly entries: number;
}

export const defaultPullLimits: PullLimits = {
  files: 10_000,
  bytes: 32 * 2 ** 30,
  unpackedBytes: 128 * 2 ** 30,
  entries: 1_000_000,
};

/** PATH_MAX of Linux. A million entries of a megabyte each would fill the memory. */
const LONGEST_PATH = 4096;

/** Takes the wanted files out of layers, into a folder where they have numbers for names. */
export class LayerUnpacker {
  #files = 0;
  #bytes = 0;
  #unpacked = 0;
  #entries = 0;

  constructor(
    private readonly options: {
      readonly what: string;
      readonly path: readonly string[];
      readonly folder: string;
      readonly limits: PullLimits;
    },
  ) {}

  /** Reads one layer to its end and answers what it changes. Throws `ARCHIVE_INVALID`, `ENTRY_…`, `LIMIT_EXCEEDED`. */
  async unpack(blob: AsyncIterable<Uint8Array>, compression: 'none' | 'gzip' | 'zstd'): Promise<LayerChanges> {
    const { what } = this.options;
    const changes = noChanges();
    const state = { whole: false };
    const source = untilEnd(blob, state);
    const archive =
      compression === 'none'
        ? source
        : transformed(source, compression === 'gzip' ? createGunzip() : createZstdDecompress());
    try {
      for await (const step of readTar(this.#counted(archive))) await this.#take(step, changes);
    } catch (error) {
      if (error instanceof TarError) throw ociError('ARCHIVE_INVALID', what, error.message);
      if (!OciError.is(error) && isUnpackError(error))
        throw ociError('ARCHIVE_INVALID', what, `${compression}: ${error.message}`);
      throw error;
    }
    // The digest is checked when the last byte was read, so that nothing may be left.
    if (!state.whole) throw ociError('ARCHIVE_INVALID', what, 'bytes follow its end');
    return changes;
  }

  async *#counted(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of archive) {
      this.#unpacked = this.#within('unpackedBytes', this.#unpacked + part.length);
      yield part;
    }
  }

  async #take({ entry, content }: TarStep, changes: LayerChanges): Promise<void> {
    const { what, path: wanted } = this.options;
    this.#entries = this.#within('entries', this.#entries + 1);
    const parts = this.#parts(entry.path, entry.path);
    const name = parts.at(-1);
    if (name === undefined || !this.#concerns(name.startsWith('.wh.') ? parts.slice(0, -1) : parts)) return;
    const folder = parts.slice(0, -1);
    if (name === '.wh..wh..opq') {
      changes.emptied.add(folder.join('/'));
      return;
    }
    if (name.startsWith('.wh..wh.')) return;
    if (name.startsWith('.wh.')) {
      const [removed] = this.#parts(name.slice(4), entry.path);
      if (removed === undefined) throw ociError('ENTRY_ESCAPES', what, entry.path, 'removes no name');
      changes.removed.add([...folder, removed].join('/'));
      return;
    }
    const path = parts.join('/');
    // Of two entries of one name the last counts; put anew, so that the order is that of the last.
    changes.added.delete(path);
    const inside = parts.length > wanted.length;
    if (entry.kind === 'folder') changes.added.set(path, { kind: 'folder' });
    else if (entry.kind === 'symlink' && entry.target.length > LONGEST_PATH)
      throw ociError('ENTRY_UNSUPPORTED', what, path, 'a link with a target longer than any name');
    else if (entry.kind === 'symlink') changes.added.set(path, { kind: 'symlink', target: entry.target });
    else if (!inside) throw ociError('ENTRY_UNSUPPORTED', what, path, `a ${entry.kind} where a folder is wanted`);
    else if (entry.kind === 'hardlink') {
      const target = this.#parts(entry.target, path).join('/');
      const own = changes.added.get(target);
      changes.added.set(path, own?.kind === 'file' ? own : { kind: 'hardlink', target });
    } else if (entry.kind === 'file') changes.added.set(path, await this.#stage(entry, content));
    else throw ociError('ENTRY_UNSUPPORTED', what, path, `a ${entry.kind}`);
  }

  /** Whether a path is the wanted one, above it or below it. */
  #concerns(parts: readonly string[]): boolean {
    return this.options.path.every((part, i) => i >= parts.length || part === parts[i]);
  }

  /** The parts of a path from the root of the image. */
  #parts(path: string, entry: string): readonly string[] {
    if (path.length > LONGEST_PATH)
      throw ociError(
        'ENTRY_UNSUPPORTED',
        this.options.what,
        `${path.slice(0, 80)}…`,
        'a name longer than any file may have',
      );
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw ociError('ENTRY_ESCAPES', this.options.what, entry, 'leads out of its folder');
    if (path.includes('\0')) throw ociError('ENTRY_ESCAPES', this.options.what, entry, 'has a zero byte in its name');
    return parts;
  }

  async #stage(
    entry: { readonly size: number; readonly executable: boolean },
    content: AsyncIterable<Uint8Array>,
  ): Promise<StagedFile> {
    this.#files = this.#within('files', this.#files + 1);
    this.#bytes = this.#within('bytes', this.#bytes + entry.size);
    const staged = join(this.options.folder, String(this.#files));
    const digester = new Digester();
    async function* hashed(): AsyncGenerator<Uint8Array> {
      for await (const part of content) {
        digester.update(part);
        yield part;
      }
    }
    const mode = entry.executable ? 0o755 : 0o644;
    await pipeline(Readable.from(hashed(), { objectMode: false }), createWriteStream(staged, { flags: 'wx', mode }));
    return { kind: 'file', staged, size: entry.size, digest: digester.digest(), executable: entry.executable };
  }

  #within(limit: keyof PullLimits, value: number): number {
    const most = this.options.limits[limit];
    if (value > most) throw ociError('LIMIT_EXCEEDED', this.options.what, limit, most);
    return value;
  }
}

async function* untilEnd(blob: AsyncIterable<Uint8Array>, state: { whole: boolean }): AsyncGenerator<Uint8Array> {
  yield* blob;
  state.whole = true;
}

/** Errors of the unpackers of Node carry such codes. */
const isUnpackError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZSTD)/.test(String(error.code));
