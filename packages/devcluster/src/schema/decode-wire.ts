import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { ensureObject, type JsonObject } from '../store/json.js';
import { integerOf, parseJson } from '../store/lossless-json.js';
import { type WireField, wireMessage } from './wire-table.js';

/**
 * Reads a protobuf message of a built-in kind (`core.v1.Pod`) into the JSON that its sender would have written. Fields that the table does not
 * know are passed over, as newer clients send them. @throws Error for bytes that are no such message.
 */
export function decodeWire(message: string, bytes: Uint8Array): JsonObject {
  const out: JsonObject = {};
  readInto(out, message, bytes);
  return out;
}

function readInto(out: JsonObject, message: string, bytes: Uint8Array): void {
  const fields = wireMessage(message);
  if (fields === undefined) throw new Error(`no message ${message}`);
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = fields.get(number);
    if (field === undefined) reader.skip(wire, number);
    else readField(out, field, reader, wire);
  }
}

function readField(out: JsonObject, { name, type, keepsZero }: WireField, reader: BinaryReader, wire: WireType): void {
  if (name === undefined) {
    readInto(out, type, reader.bytes());
    return;
  }
  if (type.startsWith('[]')) {
    const list = (out[name] as unknown[] | undefined) ?? [];
    out[name] = list;
    const element = type.slice(2);
    // A writer may put all numbers of a list into one piece.
    if (wire === WireType.LengthDelimited && 'ilbd'.includes(element)) {
      const packed = new BinaryReader(reader.bytes());
      while (packed.pos < packed.len) list.push(readValue(element, packed));
    } else list.push(readValue(element, reader));
    return;
  }
  if (type.startsWith('{}')) {
    const [key, value] = readEntry(type.slice(2), reader.bytes());
    const map = ensureObject(out, name);
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const value = readValue(type, reader);
  if (value !== undefined && (keepsZero || !isZero(value))) out[name] = value;
}

function readValue(type: string, reader: BinaryReader): unknown {
  switch (type) {
    case 's':
      return reader.string();
    case 'b':
      return reader.bool();
    case 'i':
      return reader.int32();
    case 'l':
      return integerOf(String(reader.int64()));
    case 'd':
      return reader.double();
    case 'y':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'q':
      return onlyField(reader.bytes(), 's') ?? '0';
    case 'r':
      return rawJson(reader.bytes());
    case 't':
      return time(reader.bytes(), 0);
    case 'm':
      return time(reader.bytes(), 6);
    case 'x':
      return intOrString(reader.bytes());
    case 'A':
      return alternative(reader.bytes(), (rest) => rest.list);
    case 'B':
      return alternative(reader.bytes(), (rest) => rest.flag);
    default:
      return type.startsWith('L') ? listMessage(type.slice(1), reader.bytes()) : decodeWire(type, reader.bytes());
  }
}

/** An entry of a map is a message of its own: 1 is the key, 2 the value. */
function readEntry(type: string, bytes: Uint8Array): [string, unknown] {
  const reader = new BinaryReader(bytes);
  let key = '';
  let value: unknown;
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(type, reader);
    else reader.skip(wire, number);
  }
  return [key, value ?? (type === 's' || type === 'y' ? '' : {})];
}

/** Field 1 of a message that has nothing else of interest. */
function onlyField(bytes: Uint8Array, type: 's' | 'y'): string | Uint8Array | undefined {
  const reader = new BinaryReader(bytes);
  let found: string | Uint8Array | undefined;
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number !== 1) reader.skip(wire, number);
    else found = type === 's' ? reader.string() : reader.bytes();
  }
  return found;
}

function rawJson(bytes: Uint8Array): unknown {
  const raw = onlyField(bytes, 'y');
  return raw === undefined ? undefined : parseJson(new TextDecoder().decode(raw as Uint8Array));
}

/** Seconds and nanoseconds since 1970 as the text with so many digits after the second; the zero time is no time. */
function time(bytes: Uint8Array, digits: number): string | undefined {
  const reader = new BinaryReader(bytes);
  let seconds: number | undefined;
  let nanos = 0;
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) seconds = Number(reader.int64());
    else if (number === 2) nanos = reader.int32();
    else reader.skip(wire, number);
  }
  if (seconds === undefined) return undefined;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${whole}Z` : `${whole}.${String(nanos).padStart(9, '0').slice(0, digits)}Z`;
}

function intOrString(bytes: Uint8Array): number | string {
  const reader = new BinaryReader(bytes);
  let isText = false;
  let number = 0;
  let text = '';
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1) isText = reader.int32() === 1;
    else if (field === 2) number = reader.int32();
    else if (field === 3) text = reader.string();
    else reader.skip(wire, field);
  }
  return isText ? text : number;
}

const schema = 'apiextensions.v1.JSONSchemaProps';

/** A schema, or what may stand in its place: a list of schemas, or whether anything is allowed. */
function alternative(bytes: Uint8Array, other: (rest: { list: unknown[]; flag: boolean }) => unknown): unknown {
  const reader = new BinaryReader(bytes);
  let found: unknown;
  const rest = { list: [] as unknown[], flag: false };
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (wire === WireType.Varint) rest.flag = reader.bool();
    else {
      const read = decodeWire(schema, reader.bytes());
      // Field 2 is the schema beside a boolean, and one of the schemas beside a single one.
      if (number === 2) rest.list.push(read);
      found ??= read;
    }
  }
  return found !== undefined && rest.list.length < 2 ? found : other(rest);
}

function listMessage(type: string, bytes: Uint8Array): unknown[] {
  const reader = new BinaryReader(bytes);
  const list: unknown[] = [];
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) list.push(readValue(type, reader));
    else reader.skip(wire, number);
  }
  return list;
}

const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false;
