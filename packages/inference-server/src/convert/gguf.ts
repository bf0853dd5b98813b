import { toHalf } from './half-float.js';

/** A value of the GGUF metadata, with the type it is written as. */
export type GgufValue =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] };

/** A tensor on its way into a file. `shape` is outermost first; the file has it the other way round. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly precision: 'F32' | 'F16';
}

const VERSION = 3;
const ALIGNMENT = 32;
const code = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
const precisionCode = { F32: 0, F16: 1 } as const;

/**
 * Writes a GGUF file, version 3 of the format that llama.cpp documents. Metadata and tensors keep the order in which they are given, so
 * equal input gives equal bytes.
 */
export function writeGguf(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Uint8Array {
  const head = new ByteSink();
  head.text('GGUF').uint32(VERSION).uint64(tensors.length).uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) writeValue(head.string(key), value);

  let offset = 0;
  for (const tensor of tensors) {
    head.string(tensor.name).uint32(tensor.shape.length);
    for (const n of [...tensor.shape].reverse()) head.uint64(n);
    head.uint32(precisionCode[tensor.precision]).uint64(offset);
    offset += aligned(tensor.values.length * (tensor.precision === 'F16' ? 2 : 4));
  }

  const start = aligned(head.length);
  const file = new Uint8Array(start + offset);
  file.set(head.bytes());
  const view = new DataView(file.buffer);
  let at = start;
  for (const tensor of tensors) {
    tensor.values.forEach((value, i) => {
      if (tensor.precision === 'F16') view.setUint16(at + i * 2, toHalf(value), true);
      else view.setFloat32(at + i * 4, value, true);
    });
    at += aligned(tensor.values.length * (tensor.precision === 'F16' ? 2 : 4));
  }
  return file;
}

function writeValue(sink: ByteSink, entry: GgufValue): void {
  switch (entry.type) {
    case 'uint32':
      sink.uint32(code.uint32).uint32(entry.value);
      break;
    case 'int32':
      sink.uint32(code.int32).int32(entry.value);
      break;
    case 'float32':
      sink.uint32(code.float32).float32(entry.value);
      break;
    case 'bool':
      sink.uint32(code.bool).uint8(entry.value ? 1 : 0);
      break;
    case 'string':
      sink.uint32(code.string).string(entry.value);
      break;
    case 'strings':
      sink.uint32(code.array).uint32(code.string).uint64(entry.value.length);
      for (const item of entry.value) sink.string(item);
      break;
    case 'int32s':
      sink.uint32(code.array).uint32(code.int32).uint64(entry.value.length);
      for (const item of entry.value) sink.int32(item);
      break;
  }
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

/** Little-endian bytes that grow as they are written. */
class ByteSink {
  private buffer = new Uint8Array(1 << 16);
  length = 0;

  uint8(value: number): this {
    return this.write(1, (view, at) => view.setUint8(at, value));
  }

  uint32(value: number): this {
    return this.write(4, (view, at) => view.setUint32(at, value, true));
  }

  int32(value: number): this {
    return this.write(4, (view, at) => view.setInt32(at, value, true));
  }

  float32(value: number): this {
    return this.write(4, (view, at) => view.setFloat32(at, value, true));
  }

  uint64(value: number): this {
    return this.write(8, (view, at) => view.setBigUint64(at, BigInt(value), true));
  }

  /** Bytes of a text with nothing before them. */
  text(value: string): this {
    const encoded = new TextEncoder().encode(value);
    return this.write(encoded.length, (_view, at) => this.buffer.set(encoded, at));
  }

  /** A text with its length in bytes before it. */
  string(value: string): this {
    return this.uint64(new TextEncoder().encode(value).length).text(value);
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private write(size: number, put: (view: DataView, at: number) => void): this {
    while (this.length + size > this.buffer.length) {
      const larger = new Uint8Array(this.buffer.length * 2);
      larger.set(this.buffer);
      this.buffer = larger;
    }
    put(new DataView(this.buffer.buffer), this.length);
    this.length += size;
    return this;
  }
}
