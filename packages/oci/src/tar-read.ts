import { tarBlock, tarChecksum, tarPadding } from './tar-format.js';

/** What an entry of an archive is. */
export type TarKind = 'file' | 'folder' | 'symlink' | 'hardlink' | 'character device' | 'block device' | 'named pipe';

/** An entry as the archive states it; names are not yet judged. */
export interface TarEntry {
  readonly path: string;
  readonly kind: TarKind;
  /** Bytes of content; zero for all but files. */
  readonly size: number;
  readonly executable: boolean;
  /** Target of a link, as written. */
  readonly target: string;
}

/** One step through an archive: an entry, with its content to be read before the next step, or not at all. */
export interface TarStep {
  readonly entry: TarEntry;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Why a tar archive could not be read on. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

const kinds: Readonly<Record<string, TarKind>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character device',
  '4': 'block device',
  '5': 'folder',
  '6': 'named pipe',
};

/** Long names and extended headers beyond this are no names. */
const largestExtension = 1024 * 1024;

/**
 * Walks an archive in ustar, pax or GNU form, one entry after the other, holding no content. Throws {@link TarError} for
 * anything it does not understand: a skipped header would shift names onto other files.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarStep, void, undefined> {
  const input = new ByteReader(source);
  try {
    yield* steps(input);
  } finally {
    await input.close();
  }
}

async function* steps(input: ByteReader): AsyncGenerator<TarStep, void, undefined> {
  let extended: Readonly<Record<string, string>> = {};
  let global: Readonly<Record<string, string>> = {};
  let longName: string | undefined;
  let longTarget: string | undefined;
  for (;;) {
    const block = await input.exactly(tarBlock);
    if (block === undefined) return;
    if (block.every((byte) => byte === 0)) {
      // The end mark; what follows is filling, read so that the digest of the layer covers it.
      await input.drain();
      return;
    }
    if (numberAt(block, 148, 8) !== tarChecksum(block)) throw new TarError('a header has a wrong checksum');
    const type = String.fromCharCode(block[156] ?? 0);
    const ownSize = numberAt(block, 124, 12);
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      const body = await extension(input, ownSize);
      if (type === 'x') extended = readRecords(body);
      else if (type === 'g') global = { ...global, ...readRecords(body) };
      else if (type === 'L') longName = untilZero(body);
      else longTarget = untilZero(body);
      continue;
    }
    const kind = kinds[type];
    if (kind === undefined) throw new TarError(`an entry has the unknown type "${type}"`);
    const fields = { ...global, ...extended };
    if (Object.keys(fields).some((key) => key.startsWith('GNU.sparse.'))) throw new TarError('it holds sparse files');
    const path = fields.path ?? longName ?? plainName(block);
    const size = kind === 'file' ? sizeOf(fields.size, ownSize) : 0;
    const entry: TarEntry = {
      path,
      kind: kind === 'file' && path.endsWith('/') ? 'folder' : kind,
      size,
      executable: (numberAt(block, 100, 8) & 0o100) !== 0,
      target: fields.linkpath ?? longTarget ?? untilZero(block.subarray(157, 257)),
    };
    extended = {};
    longName = undefined;
    longTarget = undefined;
    let left = size;
    async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
      while (left > 0) {
        const part = await input.some(left);
        left -= part.length;
        yield part;
      }
    }
    yield { entry, content: content() };
    while (left > 0) left -= (await input.some(left)).length;
    await input.exactly(tarPadding(size));
  }
}

async function extension(input: ByteReader, size: number): Promise<Buffer> {
  if (size > largestExtension) throw new TarError(`an extended header has ${size} bytes`);
  const body = await input.exactly(size);
  await input.exactly(tarPadding(size));
  return body ?? Buffer.alloc(0);
}

function sizeOf(stated: string | undefined, own: number): number {
  if (stated === undefined) return own;
  const size = /^\d+$/.test(stated) ? Number(stated) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new TarError(`"${stated}" is no size`);
  return size;
}

function plainName(block: Buffer): string {
  const name = untilZero(block.subarray(0, 100));
  // The GNU form keeps times where ustar keeps the front part of long names.
  const isUstar = block.subarray(257, 263).toString('latin1') === 'ustar\0';
  const prefix = isUstar ? untilZero(block.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
}

/** Octal digits, or the binary form of GNU tar for what they cannot hold. */
function numberAt(block: Buffer, at: number, width: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) {
    let value = (block[at] ?? 0) & 0x7f;
    for (let i = at + 1; i < at + width; i += 1) value = value * 256 + (block[i] ?? 0);
    if (!Number.isSafeInteger(value)) throw new TarError('a header holds a number too large');
    return value;
  }
  const text = untilZero(block.subarray(at, at + width)).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw new TarError('a header holds something that is no number');
  return Number.parseInt(text, 8);
}

function readRecords(body: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.subarray(at, space < 0 ? at : space).toString('latin1'));
    const end = at + length;
    const equals = body.indexOf(0x3d, space);
    if (
      !Number.isInteger(length) ||
      length <= 0 ||
      end > body.length ||
      equals < 0 ||
      equals >= end ||
      body[end - 1] !== 0x0a
    ) {
      throw new TarError('an extended header cannot be read');
    }
    records[body.subarray(space + 1, equals).toString('utf8')] = body.subarray(equals + 1, end - 1).toString('utf8');
    at = end;
  }
  return records;
}

/** Reads exact counts from a stream of parts of any size. */
class ByteReader {
  readonly #parts: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#parts = source[Symbol.asyncIterator]();
  }

  /** `count` bytes; undefined at a clean end; throws in the middle. */
  async exactly(count: number): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = [];
    let have = 0;
    while (have < count) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        if (have === 0) return undefined;
        throw new TarError('it ends in the middle');
      }
      const part = this.#take(count - have);
      parts.push(part);
      have += part.length;
    }
    return Buffer.concat(parts);
  }

  /** At least one byte and at most `most`; throws at the end. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#rest.length === 0 && !(await this.#more())) throw new TarError('it ends in the middle');
    return this.#take(most);
  }

  /** Tells the source that nothing more is wanted. */
  async close(): Promise<void> {
    await this.#parts.return?.();
  }

  async drain(): Promise<void> {
    while (await this.#more());
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const step = await this.#parts.next();
      if (step.done === true) return false;
      if (step.value.length === 0) continue;
      this.#rest = step.value;
      return true;
    }
  }

  #take(most: number): Uint8Array {
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
