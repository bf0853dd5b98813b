import { BinaryReader } from '@bufbuild/protobuf/wire';
import { decodeWire } from '../schema/decode-wire.js';
import { wireMessage } from '../schema/wire-table.js';
import type { JsonObject } from '../store/json.js';
import { ApiError } from './api-error.js';

/** What client libraries written in Go send for built-in kinds. */
export const protobufType = 'application/vnd.kubernetes.protobuf';

const magic = [0x6b, 0x38, 0x73, 0x00];

/**
 * Reads a body in protobuf: four magic bytes, then an envelope with apiVersion, kind and the bytes of the object itself. Only built-in kinds have
 * such a form: anything else is a 415, bytes that cannot be read a 400.
 */
export function parseProtobuf(bytes: Uint8Array): JsonObject {
  if (bytes.length < magic.length || magic.some((byte, index) => bytes[index] !== byte)) {
    throw ApiError.badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  try {
    const { apiVersion, kind, raw } = envelope(bytes.subarray(magic.length));
    const message = messageOf(apiVersion, kind);
    if (wireMessage(message) === undefined) {
      throw ApiError.unsupportedMediaType(
        `${kind} of ${apiVersion} has no protobuf form here, accepted media types include: application/json, application/yaml`,
      );
    }
    return { ...decodeWire(message, raw), apiVersion, kind };
  } catch (error) {
    if (ApiError.is(error)) throw error;
    throw ApiError.badRequest(`unable to decode protobuf: ${(error as Error).message}`);
  }
}

/** The table names messages by the first word of their group. Options of a delete come under any group's name. */
function messageOf(apiVersion: string, kind: string): string {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return kind === 'DeleteOptions' ? 'meta.v1.DeleteOptions' : `${group.split('.')[0]}.${version}.${kind}`;
}

function envelope(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  const reader = new BinaryReader(bytes);
  let type = { apiVersion: '', kind: '' };
  let raw: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) type = typeMeta(reader.bytes());
    else if (number === 2) raw = reader.bytes();
    else reader.skip(wire, number);
  }
  return { ...type, raw };
}

function typeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const reader = new BinaryReader(bytes);
  const found = { apiVersion: '', kind: '' };
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) found.apiVersion = reader.string();
    else if (number === 2) found.kind = reader.string();
    else reader.skip(wire, number);
  }
  return found;
}
