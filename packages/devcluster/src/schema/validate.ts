import { RE2JS } from 're2js';
import type { Causes } from '../registry/causes.js';
import { isObject, sameJson } from '../store/json.js';
import { isInteger, isNumeric, parseJson, writeJson } from '../store/lossless-json.js';
import { formats } from './formats.js';
import type { Schema } from './schema.js';

const patterns = new Map<string, RE2JS>();

/** Compiles a pattern in RE2's dialect, the one the real server uses: no look-around, no back-references, linear time. */
export function re2(pattern: string): RE2JS {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = RE2JS.compile(pattern);
    patterns.set(pattern, compiled);
  }
  return compiled;
}

/**
 * Checks a custom resource against its structural schema; every fault becomes a cause. With `old`, a value that is invalid but unchanged
 * passes (ratcheting), so that a tightened schema does not lock up objects that exist.
 */
export function validateSchema(schema: Schema, value: unknown, causes: Causes, path = '', old?: unknown): void {
  if (old !== undefined && sameJson(value, old)) return;
  if (value === null) {
    if (schema.nullable !== true) wrongType(schema, value, causes, path);
    return;
  }
  if (schema['x-kubernetes-int-or-string']) {
    if (!(typeof value === 'string' || isInteger(value))) {
      wrongType(schema, value, causes, path);
      return;
    }
  } else if (schema.type !== undefined && !hasType(schema.type, value)) {
    wrongType(schema, value, causes, path);
    return;
  }
  if (schema.enum !== undefined && !schema.enum.some((each) => sameJson(each, value))) {
    causes.notSupported(
      path,
      value,
      schema.enum.map((each) => (typeof each === 'string' ? each : writeJson(each))),
    );
  }
  if (typeof value === 'string') checkString(schema, value, causes, path);
  else if (isNumeric(value)) checkNumber(schema, value, causes, path);
  else if (Array.isArray(value)) checkList(schema, value, causes, path, Array.isArray(old) ? old : undefined);
  else if (isObject(value)) checkObject(schema, value, causes, path, isObject(old) ? old : undefined);
  checkCombined(schema, value, causes, path);
}

function checkString(schema: Schema, value: string, causes: Causes, path: string): void {
  const length = [...value].length;
  // The first fault of a string hides the others, as in the real server.
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    causes.add('FieldValueTooLong', path, `Too long: may not be more than ${schema.maxLength} bytes`);
  } else if (schema.minLength !== undefined && length < schema.minLength) {
    causes.invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`);
  } else if (schema.pattern !== undefined && !re2(schema.pattern).matcher(value).find()) {
    causes.invalid(path, value, `${path} in body should match '${schema.pattern}'`);
  }
  const format = schema.format === undefined ? undefined : formats[schema.format];
  if (format !== undefined && !format(value)) {
    causes.invalid(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`);
  }
}

function checkNumber(schema: Schema, value: number | bigint, causes: Causes, path: string): void {
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    const bound = schema.exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    causes.invalid(path, value, `${path} in body should be ${bound} ${minimum}`);
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    const bound = schema.exclusiveMaximum ? 'less than' : 'less than or equal to';
    causes.invalid(path, value, `${path} in body should be ${bound} ${maximum}`);
  }
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    causes.invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`);
  }
}

function isMultiple(value: number | bigint, of: number): boolean {
  if (typeof value === 'bigint' && Number.isSafeInteger(of)) return value % BigInt(of) === 0n;
  return Number.isInteger(Number((Number(value) / of).toPrecision(12)));
}

function checkList(
  schema: Schema,
  value: readonly unknown[],
  causes: Causes,
  path: string,
  old?: readonly unknown[],
): void {
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    causes.tooMany(path, value.length, schema.maxItems);
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    causes.invalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`);
  }
  const keys = schema['x-kubernetes-list-map-keys'];
  const listType = schema['x-kubernetes-list-type'];
  const identity = (item: unknown): string | undefined => {
    if (listType === 'set') return writeJson(item);
    if (listType !== 'map' || keys === undefined || !isObject(item)) return undefined;
    return writeJson(Object.fromEntries(keys.map((key) => [key, item[key]])));
  };
  const before = new Map((old ?? []).map((item) => [identity(item), item] as const));
  const seen = new Set<string>();
  value.forEach((item, index) => {
    const id = identity(item);
    if (id !== undefined) {
      if (seen.has(id)) causes.duplicate(`${path}[${index}]`, listType === 'set' ? item : parseJson(id));
      seen.add(id);
    }
    if (schema.items !== undefined) {
      validateSchema(schema.items, item, causes, `${path}[${index}]`, id === undefined ? undefined : before.get(id));
    }
  });
}

function checkObject(
  schema: Schema,
  value: Record<string, unknown>,
  causes: Causes,
  path: string,
  old?: Record<string, unknown>,
): void {
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const count = Object.keys(value).length;
  if (schema.maxProperties !== undefined && count > schema.maxProperties)
    causes.tooMany(path, count, schema.maxProperties);
  if (schema.minProperties !== undefined && count < schema.minProperties) {
    causes.invalid(path, count, `${path} in body should have at least ${schema.minProperties} properties`);
  }
  for (const key of schema.required ?? []) if (value[key] === undefined) causes.required(below(key));
  for (const key in value) {
    const property = schema.properties?.[key];
    if (property !== undefined) validateSchema(property, value[key], causes, below(key), old?.[key]);
    else if (isObject(schema.additionalProperties)) {
      validateSchema(schema.additionalProperties as Schema, value[key], causes, below(key), old?.[key]);
    }
  }
}

function checkCombined(schema: Schema, value: unknown, causes: Causes, path: string): void {
  const fits = (each: Schema): boolean => {
    const trial = new (causes.constructor as new () => Causes)();
    validateSchema(each, value, trial, path);
    return !trial.any;
  };
  for (const each of schema.allOf ?? []) validateSchema(each, value, causes, path);
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) {
    causes.invalid(path, value, `${path} in body must validate at least one schema (anyOf)`);
  }
  if (schema.oneOf !== undefined && schema.oneOf.filter(fits).length !== 1) {
    causes.invalid(path, value, `${path} in body must validate one and only one schema (oneOf)`);
  }
  if (schema.not !== undefined && fits(schema.not)) {
    causes.invalid(path, value, `${path} in body must not validate the schema (not)`);
  }
}

function hasType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return isInteger(value);
    case 'number':
      return isNumeric(value);
    default:
      return typeof value === type;
  }
}

function wrongType(schema: Schema, value: unknown, causes: Causes, path: string): void {
  const type = schema.type ?? 'integer,string';
  causes.typeInvalid(path, goName(value), `${path} in body must be of type ${type}: ${JSON.stringify(goName(value))}`);
}

/** How the real server names a value in a type error: its type, not its content. */
function goName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isNumeric(value)) return isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
