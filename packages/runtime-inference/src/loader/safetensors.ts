import { type FileHandle, open } from 'node:fs/promises';
import { LoaderError } from './loader-error.js';

/** One tensor of a safetensors file, without its numbers. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  /** Outermost dimension first. */
  readonly shape: readonly number[];
  /** Where its bytes begin in the file, and how many they are. */
  readonly offset: number;
  readonly bytes: number;
}

/** Types of numbers that adapters are stored in, with the bytes of one. */
export const DTYPES = { F32: 4, F16: 2, BF16: 2 } as const;
export type Dtype = keyof typeof DTYPES;

/** The names, types and shapes of an adapter are a few hundred kilobytes at the most. */
const MOST_HEADER = 64 * 2 ** 20;

/** Reads the header of a safetensors file: eight bytes of length, then JSON. */
export async function readTensors(path: string): Promise<readonly TensorEntry[]> {
  const file = await open(path, 'r');
  try {
    return await tensorsOf(file, path);
  } finally {
    await file.close();
  }
}

async function tensorsOf(file: FileHandle, path: string): Promise<readonly TensorEntry[]> {
  const { size } = await file.stat();
  const length = size < 8 ? -1 : Number((await bytesAt(file, 0, 8)).readBigUInt64LE());
  if (length < 2 || length > MOST_HEADER || 8 + length > size) throw invalid(path, 'it is cut, or no safetensors file');
  let header: Readonly<Record<string, unknown>>;
  try {
    header = Object(JSON.parse((await bytesAt(file, 8, length)).toString('utf8')));
  } catch {
    throw invalid(path, 'its header is no JSON');
  }
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => tensor(name, Object(entry), { path, start: 8 + length, size }));
}

function tensor(
  name: string,
  { dtype, shape, data_offsets: offsets }: { dtype?: unknown; shape?: unknown; data_offsets?: unknown },
  { path, start, size }: { readonly path: string; readonly start: number; readonly size: number },
): TensorEntry {
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    throw new LoaderError(
      'ADAPTER_UNSUPPORTED',
      `tensor ${name} has the type ${typeof dtype === 'string' ? dtype : typeof dtype}; adapters are F32, F16 or BF16`,
    );
  }
  const whole = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
  if (!whole(shape) || !whole(offsets) || offsets.length !== 2)
    throw invalid(path, `tensor ${name} has no shape or place`);
  const [begin = 0, end = 0] = offsets;
  const bytes = shape.reduce((product, side) => product * side, DTYPES[dtype as Dtype]);
  if (end - begin !== bytes || start + end > size) {
    throw invalid(path, `the data of tensor ${name} does not fit its shape [${shape.join(', ')}]: the file is cut`);
  }
  return { name, dtype: dtype as Dtype, shape, offset: start + begin, bytes };
}

/** Exactly so many bytes from there. */
export async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) throw new LoaderError('ADAPTER_INVALID', 'adapter_model.safetensors ends too early');
    done += bytesRead;
  }
  return buffer;
}

/** A tensor to be written whose numbers are made when their turn comes, so that one is in memory at a time. */
export interface NewTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** In single precision. */
  values(): Promise<Float32Array>;
}

/** Writes tensors in single precision, sorted by name so that the same tensors make the same bytes. */
export async function writeTensors(path: string, tensors: readonly NewTensor[]): Promise<void> {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  let at = 0;
  const header = Object.fromEntries(
    sorted.map(({ name, shape }) => {
      const begin = at;
      at += 4 * shape.reduce((product, side) => product * side, 1);
      return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  // Readers map the file into memory: the data begins at a multiple of eight.
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const file = await open(path, 'w', 0o644);
  try {
    await file.write(length);
    await file.write(padded);
    for (const { values } of sorted) {
      const numbers = await values();
      await file.write(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    }
  } finally {
    await file.close();
  }
}

/** The numbers of a tensor in single precision. */
export async function numbersOf(path: string, { dtype, offset, bytes }: TensorEntry): Promise<Float32Array> {
  const file = await open(path, 'r');
  try {
    const raw = await bytesAt(file, offset, bytes);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const numbers = new Float32Array(bytes / DTYPES[dtype]);
    for (let i = 0; i < numbers.length; i++) numbers[i] = readers[dtype](view, i);
    return numbers;
  } finally {
    await file.close();
  }
}

const asFloat = new DataView(new ArrayBuffer(4));
const readers: Readonly<Record<Dtype, (view: DataView, index: number) => number>> = {
  F32: (view, index) => view.getFloat32(index * 4, true),
  F16: (view, index) => half(view.getUint16(index * 2, true)),
  BF16: (view, index) => {
    asFloat.setUint32(0, view.getUint16(index * 2, true) << 16);
    return asFloat.getFloat32(0);
  },
};

/** IEEE 754 half precision. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function invalid(path: string, why: string): LoaderError {
  return new LoaderError('ADAPTER_INVALID', `${path.split('/').at(-1)} cannot be read: ${why}. Push the adapter anew`);
}
