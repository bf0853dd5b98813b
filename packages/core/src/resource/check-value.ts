import type { FieldError } from './field-error.js';
import { fieldOf, itemOf } from './field-error.js';
import type { JsonSchema, SchemaType } from './json-schema.js';

/** The part of a shape that a value is checked against. */
export interface Checked {
  readonly schema: JsonSchema;
  readonly properties: ReadonlyMap<string, Checked>;
  readonly items?: Checked;
  readonly values?: Checked;
}

/** Checks one value, and all that is in it, against its schema alone. Fields that the schema does not know are no error: the server prunes them. */
export function checkValue(shape: Checked, value: unknown, field: string): FieldError[] {
  const { schema } = shape;
  if (value === null && schema.nullable === true) return [];
  const type = typeOf(value);
  if (schema['x-kubernetes-int-or-string'] === true) {
    return type === 'integer' || type === 'string' ? [] : [wrongType(field, value, 'an integer or a string')];
  }
  if (schema.type !== undefined && type !== schema.type && !(schema.type === 'number' && type === 'integer')) {
    return [wrongType(field, value, A_TYPE[schema.type])];
  }
  const errors = checkScalar(schema, value, field);
  if (Array.isArray(value)) errors.push(...checkList(shape, value, field));
  else if (type === 'object') errors.push(...checkObject(shape, value as Readonly<Record<string, unknown>>, field));
  return errors;
}

function checkObject(shape: Checked, object: Readonly<Record<string, unknown>>, field: string): FieldError[] {
  const { schema } = shape;
  const errors: FieldError[] = [];
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(object, name) || object[name] === undefined) {
      errors.push({
        field: fieldOf(field, name),
        reason: 'Required',
        message: clause(schema.properties?.[name]?.description),
      });
    }
  }
  for (const [name, property] of shape.properties) {
    if (Object.hasOwn(object, name) && object[name] !== undefined)
      errors.push(...checkValue(property, object[name], fieldOf(field, name)));
  }
  if (shape.values !== undefined) {
    for (const [key, each] of Object.entries(object))
      errors.push(...checkValue(shape.values, each, itemOf(field, key)));
  }
  const count = Object.keys(object).length;
  const { minProperties: min, maxProperties: max } = schema;
  if (max !== undefined && count > max)
    errors.push({
      field,
      reason: 'TooMany',
      value: count,
      message: `must have at most ${counted(max, 'entry')}, has ${count}`,
    });
  if (min !== undefined && count < min)
    errors.push({ field, reason: 'Invalid', value: count, message: `must have at least ${counted(min, 'entry')}` });
  return errors;
}

function checkList(shape: Checked, list: readonly unknown[], field: string): FieldError[] {
  const { schema, items } = shape;
  const errors: FieldError[] = [];
  const { minItems: min, maxItems: max } = schema;
  if (max !== undefined && list.length > max) {
    errors.push({
      field,
      reason: 'TooMany',
      value: list.length,
      message: `must have at most ${counted(max, 'item')}, has ${list.length}`,
    });
  }
  if (min !== undefined && list.length < min) {
    errors.push({
      field,
      reason: 'Invalid',
      value: list.length,
      message: `must have at least ${counted(min, 'item')}`,
    });
  }
  if (items !== undefined)
    list.forEach((item, index) => void errors.push(...checkValue(items, item, itemOf(field, index))));
  errors.push(...checkUnique(schema, list, field));
  return errors;
}

function checkUnique(schema: JsonSchema, list: readonly unknown[], field: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  list.forEach((item, index) => {
    const identity =
      type === 'set' ? item : keys.map((key) => (item as Readonly<Record<string, unknown>> | null)?.[key]);
    const text = JSON.stringify(identity);
    if (seen.has(text)) {
      const message = type === 'set' ? 'it is in the list already' : `another item has the same ${keys.join(' and ')}`;
      errors.push({
        field: itemOf(field, index),
        reason: 'Duplicate',
        value: type === 'set' ? item : keys.length === 1 ? (identity as unknown[])[0] : text,
        message,
      });
    }
    seen.add(text);
  });
  return errors;
}

function checkScalar(schema: JsonSchema, value: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (message: string): void => void errors.push({ field, reason: 'Invalid', value, message });
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const allowed = schema.enum.map((each) => JSON.stringify(each));
    errors.push({
      field,
      reason: 'NotSupported',
      value,
      message: allowed.length === 1 ? `must be ${allowed[0]}` : `must be one of ${allowed.join(', ')}`,
    });
  }
  if (typeof value === 'string') {
    const length = [...value].length;
    if (schema.maxLength !== undefined && length > schema.maxLength) {
      errors.push({
        field,
        reason: 'TooLong',
        value,
        message: `must have at most ${counted(schema.maxLength, 'character')}, has ${length}`,
      });
    }
    if (schema.minLength !== undefined && length < schema.minLength)
      invalid(`must have at least ${counted(schema.minLength, 'character')}`);
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
      invalid(`must match ${schema.pattern}`);
    if (schema.format === 'date-time' && !DATE_TIME.test(value))
      invalid('must be a time in RFC 3339, such as 2026-01-31T12:00:00Z');
  }
  if (typeof value === 'number') {
    const { minimum, maximum, multipleOf } = schema;
    if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
      invalid(schema.exclusiveMinimum === true ? `must be more than ${minimum}` : `must be ${minimum} or more`);
    }
    if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
      invalid(schema.exclusiveMaximum === true ? `must be less than ${maximum}` : `must be ${maximum} or less`);
    }
    if (multipleOf !== undefined && !isMultiple(value, multipleOf)) invalid(`must be a multiple of ${multipleOf}`);
    if (schema.format === 'int32' && (value > 2 ** 31 - 1 || value < -(2 ** 31))) invalid('must fit into 32 bits');
  }
  return errors;
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

const A_TYPE: Readonly<Record<SchemaType, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

function wrongType(field: string, value: unknown, expected: string): FieldError {
  return { field, reason: 'TypeInvalid', value, message: `must be ${expected}${quotes(value, expected)}` };
}

/** What quotes do in YAML is the commonest slip of all. */
function quotes(value: unknown, expected: string): string {
  if (expected === A_TYPE.string && (typeof value === 'number' || typeof value === 'boolean'))
    return ': put it in quotes';
  const bare = typeof value === 'string' && /^(-?\d+(\.\d+)?|true|false)$/.test(value);
  return bare && [A_TYPE.integer, A_TYPE.number, A_TYPE.boolean].includes(expected) ? ': leave the quotes out' : '';
}

function typeOf(value: unknown): SchemaType | 'null' | 'nothing' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'object')
    return typeof value as SchemaType;
  return 'nothing';
}

/** 0.3 is a multiple of 0.1, although the rest of the division is not zero in floating point. */
function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) < 1e-9;
}

function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}

/** A description as a part of a sentence. */
function clause(description = ''): string {
  const text = description.replace(/\.$/, '');
  return /^[A-Z][a-z]* /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
