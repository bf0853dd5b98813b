import type { FieldType, ValueOptions } from './facts.js';
import type { JsonSchema, SchemaType } from './json-schema.js';

/** What a value is, as far as it decides which facts make sense of it. */
export type Kind = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'list' | 'map' | 'int-or-string';

const APPLIES_TO: Readonly<Record<string, readonly Kind[]>> = {
  enum: ['string', 'integer', 'number', 'boolean'],
  pattern: ['string'],
  minLength: ['string'],
  maxLength: ['string'],
  format: ['string', 'integer', 'number'],
  min: ['integer', 'number'],
  max: ['integer', 'number'],
  exclusiveMin: ['integer', 'number'],
  exclusiveMax: ['integer', 'number'],
  multipleOf: ['integer', 'number'],
  minItems: ['list'],
  maxItems: ['list'],
  listType: ['list'],
  listMapKeys: ['list'],
  minProperties: ['map', 'object'],
  maxProperties: ['map', 'object'],
  mapType: ['map', 'object'],
  preserveUnknownFields: ['object'],
  embeddedResource: ['object'],
};

/** Look-around, named and numbered back-references. */
const NOT_RE2 = /\(\?[=!]|\(\?<[=!]|\\k<|\\[1-9]/;

/** What a value with these options is; undefined when they do not say. */
export function kindOf(options: ValueOptions, type: FieldType | undefined): Kind | undefined {
  if (options.items !== undefined) return 'list';
  if (options.values !== undefined) return 'map';
  if (options.intOrString === true) return 'int-or-string';
  return typeof type === 'function' ? 'object' : type;
}

/** Facts that only strings have make a type unnecessary. */
export function impliedType(options: ValueOptions): FieldType | undefined {
  if (options.items !== undefined || options.values !== undefined || options.intOrString === true) return undefined;
  if (options.pattern !== undefined || options.minLength !== undefined || options.maxLength !== undefined)
    return 'string';
  if (options.enum !== undefined && options.enum.length > 0 && options.enum.every((value) => typeof value === 'string'))
    return 'string';
  return undefined;
}

/** The short form of an item or a map value, written out. */
export function asOptions(items: FieldType | ValueOptions | undefined): ValueOptions {
  return typeof items === 'string' || typeof items === 'function' ? { type: items } : (items ?? {});
}

/** Whether values of this type can be compared, and so be keys of a list-map or members of a set. */
export function isScalar(type: FieldType | SchemaType | undefined): boolean {
  return type === 'string' || type === 'integer' || type === 'number' || type === 'boolean';
}

/** The facts that are spelled alike, or nearly so, in a schema. */
export function valueFacts(options: ValueOptions): JsonSchema {
  const { exclusiveMin, exclusiveMax } = options;
  const facts: JsonSchema = {
    description: options.description,
    nullable: options.nullable === true ? true : undefined,
    format: options.format,
    enum: options.enum,
    pattern: options.pattern,
    minLength: options.minLength,
    maxLength: options.maxLength,
    minimum: exclusiveMin ?? options.min,
    maximum: exclusiveMax ?? options.max,
    exclusiveMinimum: exclusiveMin === undefined ? undefined : true,
    exclusiveMaximum: exclusiveMax === undefined ? undefined : true,
    multipleOf: options.multipleOf,
    minItems: options.minItems,
    maxItems: options.maxItems,
    minProperties: options.minProperties,
    maxProperties: options.maxProperties,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
}

/** What is wrong with the facts about a value: one about strings on a number would be ignored in silence. */
export function misplacedFact(options: ValueOptions, kind: Kind | undefined): string | undefined {
  if (kind === undefined) return undefined;
  for (const [fact, kinds] of Object.entries(APPLIES_TO)) {
    if (options[fact as keyof ValueOptions] !== undefined && !kinds.includes(kind)) {
      return `${fact} does not apply to a ${kind}; it is for: ${kinds.join(', ')}`;
    }
  }
  const wanted = kind === 'string' || kind === 'boolean' ? kind : 'number';
  const alien = options.enum?.find((value) => typeof value !== wanted);
  if (alien !== undefined) return `allows ${JSON.stringify(alien)}, which is not a ${kind}`;
  return options.pattern === undefined ? undefined : patternProblem(options.pattern);
}

function patternProblem(pattern: string): string | undefined {
  const trap = NOT_RE2.exec(pattern)?.[0];
  if (trap !== undefined) return `the pattern uses ${trap}, which RE2, the API server's dialect, does not have`;
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch {
    return `${pattern} is not a valid pattern`;
  }
}
