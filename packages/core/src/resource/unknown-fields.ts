import { fieldOf, itemOf } from './field-error.js';
import type { JsonSchema } from './json-schema.js';

/** A field that stands in an object and is in no schema. */
export interface UnknownField {
  /** `resource.instanceTyp`, `items[0].naem`. */
  readonly field: string;
  /** What there is at that place, in the order of the schema. */
  readonly known: readonly string[];
}

/**
 * The fields that a server would drop without a word, or refuse under strict validation: those that the schema does not have. What is kept
 * whatever it is (`x-kubernetes-preserve-unknown-fields`, objects without properties such as `metadata`) is not looked into.
 */
export function unknownFields(schema: JsonSchema, value: unknown, at = ''): readonly UnknownField[] {
  if (typeof value !== 'object' || value === null || schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => unknownFields(items, item, itemOf(at, index)));
  }
  const { properties, additionalProperties: each } = schema;
  if (properties === undefined) {
    if (each === undefined) return [];
    return Object.entries(value).flatMap(([key, inner]) => unknownFields(each, inner, itemOf(at, key)));
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    const field = fieldOf(at, key);
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return known === undefined ? [{ field, known: Object.keys(properties) }] : unknownFields(known, inner, field);
  });
}
