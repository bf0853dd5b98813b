import { ApiError } from '../http/api-error.js';
import { isObject, type JsonObject } from '../store/json.js';
import { isInteger, isNumeric } from '../store/lossless-json.js';
import { resolve } from './builtin-schemas.js';
import { canonicalQuantity } from './quantity.js';
import type { Schema } from './schema.js';

/**
 * Reads an object of a built-in kind as a typed server does: a value of the wrong type is a 400, fields that the type does not have are
 * left out and reported, nulls and empty maps and lists are as good as absent. The input is not changed.
 */
export function decodeBuiltin(
  schema: Schema,
  value: JsonObject,
  kind: string,
  version: string,
  unknown: (path: string) => void,
): JsonObject {
  // Go names the innermost struct and the path of the fields, without indices.
  const fail = (struct: string, fields: string, found: string, wanted: string): never => {
    throw ApiError.badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: json: cannot unmarshal ${found} into Go struct field ${struct}.${fields} of type ${wanted}`,
    );
  };

  function object(of: Schema, from: JsonObject, path: string, struct: string, fields: string): JsonObject {
    const out: JsonObject = {};
    if (of.properties === undefined) {
      const element = isObject(of.additionalProperties) ? (of.additionalProperties as Schema) : undefined;
      for (const key in from) {
        const child = from[key];
        if (element === undefined) out[key] = child;
        else if (child === null && element.type === 'string') out[key] = '';
        else if (child !== null && child !== undefined)
          out[key] = one(element, child, `${path}.${key}`, struct, fields);
      }
      return out;
    }
    for (const key in from) {
      const child = from[key];
      const type = of.properties[key];
      if (type === undefined) unknown(`${path}.${key}`.slice(1));
      else if (child !== null && child !== undefined && !isEmptyCollection(type, child))
        out[key] = one(type, child, `${path}.${key}`, struct, fields === '' ? key : `${fields}.${key}`);
    }
    return out;
  }

  function one(reference: Schema, from: unknown, path: string, struct: string, fields: string): unknown {
    const of = resolve(reference);
    if (of['x-kubernetes-preserve-unknown-fields']) return from;
    if (of['x-kubernetes-int-or-string']) {
      if (
        typeof from === 'string' ||
        (isNumeric(from) && (of.format === 'quantity' || (isInteger(from) && fits(from, 'int32'))))
      ) {
        return of.format === 'quantity' ? readQuantity(String(from), kind, version) : from;
      }
      return fail(struct, fields, goKind(from), of.format === 'quantity' ? 'resource.Quantity' : 'intstr.IntOrString');
    }
    switch (of.type) {
      case 'object':
        return isObject(from)
          ? object(of, from, path, reference.$ref?.split('.').at(-1) ?? struct, fields)
          : fail(struct, fields, goKind(from), typeName(reference, 'map[string]string'));
      case 'array': {
        const { items } = of;
        if (!Array.isArray(from))
          return fail(struct, fields, goKind(from), items === undefined ? '[]' : `[]${typeName(items, 'string')}`);
        return items === undefined
          ? from
          : from.map((item, index) => one(items, item === null ? {} : item, `${path}[${index}]`, struct, fields));
      }
      case 'string':
        if (typeof from !== 'string') return fail(struct, fields, goKind(from), 'string');
        if (of.format === 'micro-time') return microTime(from, kind, version);
        if (of.format === 'byte') return base64(from, kind, version);
        return from;
      case 'integer':
        return isInteger(from) && fits(from, of.format)
          ? from
          : fail(struct, fields, isNumeric(from) ? `number ${from}` : goKind(from), of.format ?? 'int32');
      case 'boolean':
        return typeof from === 'boolean' ? from : fail(struct, fields, goKind(from), 'bool');
      default:
        return from;
    }
  }

  return object(resolve(schema), value, '', kind, '');
}

/** Go leaves out empty lists and maps, but keeps an empty struct behind a pointer (`emptyDir: {}`). */
function isEmptyCollection(reference: Schema, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (!isObject(value)) return false;
  const of = resolve(reference);
  return of.type === 'object' && of.properties === undefined && Object.keys(value).length === 0;
}

/** Whether an integer fits its type; what is a `number` beyond 2^53 is beyond 64 bits as well. */
function fits(value: number | bigint, format: string | undefined): boolean {
  if (format === 'int64') return typeof value === 'bigint' || Number.isSafeInteger(value);
  return value >= -(2 ** 31) && value < 2 ** 31;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function typeName(schema: Schema, fallback: string): string {
  if (schema.$ref === undefined) return fallback;
  const parts = schema.$ref.split('.');
  return `${parts.at(-2)}.${parts.at(-1)}`;
}

function readQuantity(text: string, kind: string, version: string): string {
  const canonical = canonicalQuantity(text);
  if (canonical !== undefined) return canonical;
  throw ApiError.badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
  );
}

/** Six digits exactly, or the real server refuses the body (measured on kube-apiserver 1.34.4). */
function microTime(text: string, kind: string, version: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(text)) return text;
  throw ApiError.badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse the fraction`,
  );
}

/** Bytes as Go reads them: standard base64 with its padding; line breaks in it are passed over. */
function base64(text: string, kind: string, version: string): string {
  const bare = text.replace(/[\r\n]/g, '');
  if (bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return bare;
  throw ApiError.badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: illegal base64 data at input byte ${bare.search(/[^A-Za-z0-9+/]|$/)}`,
  );
}
