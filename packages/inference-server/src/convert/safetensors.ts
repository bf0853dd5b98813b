import { ConversionError } from './conversion-error.js';
import { fromBfloat16, fromHalf } from './half-float.js';
import { JsonObject } from './json-object.js';

/** A named block of numbers, outermost dimension first, as PyTorch counts. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const readers: Readonly<Record<string, { readonly size: number; read(view: DataView, offset: number): number }>> = {
  F32: { size: 4, read: (view, offset) => view.getFloat32(offset, true) },
  F16: { size: 2, read: (view, offset) => fromHalf(view.getUint16(offset, true)) },
  BF16: { size: 2, read: (view, offset) => fromBfloat16(view.getUint16(offset, true)) },
};

/**
 * Reads a safetensors file: eight bytes of length, a JSON header, then the data.
 *
 * @throws ConversionError for a truncated file, a data type other than F32, F16 or BF16, or offsets that do not fit the shape.
 */
export function readSafetensors(bytes: Uint8Array, source: string): ReadonlyMap<string, Tensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = bytes.byteLength < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(8 + headerLength <= bytes.byteLength))
    throw new ConversionError(`${source} is not a complete safetensors file`);
  const header = JsonObject.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)), `${source}: header`);

  const tensors = new Map<string, Tensor>();
  for (const name of header.keys()) {
    if (name === '__metadata__') continue;
    const entry = header.object(name);
    const reader = readers[entry.string('dtype')];
    if (!reader)
      throw new ConversionError(
        `${source}: ${name} is ${entry.string('dtype')}; only F32, F16 and BF16 can be converted`,
      );
    const shape = entry.list('shape').map(Number);
    const [begin = Number.NaN, end = Number.NaN] = entry.list('data_offsets').map(Number);
    const count = shape.reduce((product, n) => product * n, 1);
    const start = 8 + headerLength + begin;
    if (end - begin !== count * reader.size || start + count * reader.size > bytes.byteLength)
      throw new ConversionError(`${source}: the data of ${name} does not fit its shape [${shape.join(', ')}]`);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = reader.read(view, start + i * reader.size);
    tensors.set(name, { name, shape, values });
  }
  return tensors;
}

/** The bytes of a safetensors file, in single precision. Tensors keep their order. */
export function writeSafetensors(tensors: readonly Tensor[]): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.length * 4] };
    offset += values.length * 4;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // The data starts at a multiple of eight bytes; spaces at the end of the header are allowed for that.
  const headerLength = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  file.set(text, 8);
  let at = 8 + headerLength;
  for (const { values } of tensors) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return file;
}
