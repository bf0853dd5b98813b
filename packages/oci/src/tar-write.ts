import { tarBlock, tarChecksum, tarPadding } from './tar-format.js';

/** An entry to write. Nothing of where it came from goes in: no times, owners or inode numbers. */
export type TarSource =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly size: number;
      readonly executable: boolean;
      /** The content, `size` bytes at each call. */
      open(): AsyncIterable<Uint8Array>;
    };

/** Bytes of the archive that {@link writeTar} makes of the entries. */
export function tarSize(entries: readonly TarSource[]): number {
  const bodies = entries.map((entry) => {
    const content = entry.kind === 'file' ? entry.size + tarPadding(entry.size) : 0;
    return headersOf(entry).reduce((sum, block) => sum + block.length, 0) + content;
  });
  return bodies.reduce((sum, size) => sum + size, 2 * tarBlock);
}

/** The archive as it goes: the same entries give the same bytes, on every machine. */
export async function* writeTar(entries: readonly TarSource[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield* headersOf(entry);
    if (entry.kind !== 'file') continue;
    yield* entry.open();
    const padding = tarPadding(entry.size);
    if (padding > 0) yield new Uint8Array(padding);
  }
  yield new Uint8Array(2 * tarBlock);
}

/** What fits the size field in octal digits: 8 GiB less one byte. */
const largestOctalSize = 8 ** 11 - 1;

/** The header, after an extended one where the plain form cannot hold name or size. */
function headersOf(entry: TarSource): readonly Uint8Array[] {
  const name = entry.kind === 'folder' ? `${entry.path}/` : entry.path;
  const size = entry.kind === 'file' ? entry.size : 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the plain header holds ASCII only
  const plainName = Buffer.byteLength(name) <= 100 && /^[\x00-\x7f]*$/.test(name);
  const extended = [
    ...(plainName ? [] : [extendedRecord('path', name)]),
    ...(size > largestOctalSize ? [extendedRecord('size', String(size))] : []),
  ].join('');
  const mode = entry.kind === 'folder' || entry.executable ? 0o755 : 0o644;
  const own = header(
    plainName ? name : 'long-name',
    entry.kind === 'folder' ? '5' : '0',
    size > largestOctalSize ? 0 : size,
    mode,
  );
  if (extended === '') return [own];
  const body = Buffer.from(extended);
  return [header('extended', 'x', body.length, 0o644), body, new Uint8Array(tarPadding(body.length)), own];
}

/** `LENGTH key=value\n`, where the length counts its own digits. */
function extendedRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length)
    length = String(length).length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

function header(name: string, type: string, size: number, mode: number): Uint8Array {
  const block = Buffer.alloc(tarBlock);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  block.write(name, 0, 100, 'utf8');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(type, 156, 'latin1');
  block.write('ustar\0' + '00', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  block.write(`${tarChecksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
