import { createRequire } from 'node:module';
import type { DocumentOptions, ParseOptions, SchemaOptions } from 'yaml';
import { integerOf, parseJson } from '../store/lossless-json.js';
import { ApiError } from './api-error.js';
import type { Request } from './exchange.js';
import { parseProtobuf, protobufType } from './protobuf.js';

/** Largest body that is read, as in the real server. */
export const bodyLimit = 3 * 1024 * 1024;

/** The whole body; more than {@link bodyLimit} is a 413. */
async function readBytes(request: Request): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body) {
    size += piece.length;
    if (size > bodyLimit) throw ApiError.tooLarge(`request body is too large: limit is ${bodyLimit}`);
    pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  }
  return Buffer.concat(pieces);
}

/** The whole body as text; more than {@link bodyLimit} is a 413. */
export async function readText(request: Request): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const piece of request.body) {
    size += piece.length;
    if (size > bodyLimit) throw ApiError.tooLarge(`request body is too large: limit is ${bodyLimit}`);
    text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** The media type of the body, without parameters. JSON where none is said. */
export function mediaType(request: Request): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

const readable = ['application/json', 'application/yaml', protobufType];

/** A body as it was read, and the paths of keys that stood in it twice. */
export interface ParsedBody {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/** Reads a body in the media type it says it has: JSON, YAML, or protobuf for built-in kinds. Any other is a 415; what cannot be read so a 400. */
export async function readBody(request: Request): Promise<ParsedBody> {
  const type = mediaType(request);
  if (type === protobufType) return { value: parseProtobuf(await readBytes(request)), duplicates: [] };
  if (!['application/json', 'application/yaml', 'text/yaml', 'application/x-yaml'].includes(type)) {
    throw ApiError.unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${readable.join(', ')}`,
    );
  }
  const text = await readText(request);
  return type === 'application/json' ? parseJsonText(text) : { value: parseYamlText(text), duplicates: [] };
}

/** Reads JSON and tells which keys were there twice: the last one counts, but a strict client wants to know. */
export function parseJsonText(text: string): ParsedBody {
  try {
    return { value: parseJson(text), duplicates: duplicateKeys(text) };
  } catch (error) {
    throw ApiError.badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

/** The reader of YAML takes 12 MB of memory, and most clients send nothing but JSON. */
const yaml = (): typeof import('yaml') => createRequire(import.meta.url)('yaml');

/** YAML as the real server reads it: version 1.1, where a bare `yes` is true, but with times left as text. */
const yamlOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  // What a client sends must not make this process warn on its own standard error.
  logLevel: 'error',
  uniqueKeys: true,
  intAsBigInt: true,
  customTags: (tags) =>
    tags.filter((tag) => typeof tag === 'string' || !(tag.tag.endsWith(':timestamp') || tag.format === 'TIME')),
};

/** For a YAML reader that makes every integer a bigint: brings it into the form that JSON has here. */
export function exactIntegers(_key: unknown, value: unknown): unknown {
  return typeof value === 'bigint' ? integerOf(String(value)) : value;
}

/** Reads YAML, of which JSON is a part. */
export function parseYamlText(text: string): unknown {
  // What is JSON, as most clients send, is read twenty times faster as such.
  if (text.trimStart().startsWith('{')) {
    try {
      return parseJson(text);
    } catch {
      // A flow mapping with unquoted keys, or broken: YAML decides.
    }
  }
  try {
    return yaml().parse(text, exactIntegers, yamlOptions);
  } catch (error) {
    throw ApiError.badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
}

/** One pass over the text, which is known to be valid JSON. */
function duplicateKeys(text: string): string[] {
  const found: string[] = [];
  const stack: { readonly keys: Set<string> | undefined; readonly path: string; index: number; key: string }[] = [];
  let expectKey = false;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    const top = stack.at(-1);
    if (mark === '"') {
      const start = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
      if (expectKey && top?.keys !== undefined) {
        const key = text.slice(start + 1, at);
        if (top.keys.has(key))
          found.push(`duplicate field ${JSON.stringify(top.path === '' ? key : `${top.path}.${key}`)}`);
        top.keys.add(key);
        top.key = key;
        expectKey = false;
      }
    } else if (mark === '{' || mark === '[') {
      const path =
        top === undefined
          ? ''
          : top.keys === undefined
            ? `${top.path}[${top.index}]`
            : top.path === ''
              ? top.key
              : `${top.path}.${top.key}`;
      stack.push({ keys: mark === '{' ? new Set() : undefined, path, index: 0, key: '' });
      expectKey = mark === '{';
    } else if (mark === '}' || mark === ']') {
      stack.pop();
      expectKey = false;
    } else if (mark === ',' && top !== undefined) {
      if (top.keys === undefined) top.index++;
      expectKey = top.keys !== undefined;
    }
  }
  return found;
}
