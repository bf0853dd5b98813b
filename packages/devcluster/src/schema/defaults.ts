import { copyJson, isObject } from '../store/json.js';
import type { Schema } from './schema.js';

/**
 * Fills in a structural schema's defaults, in place. A null in a field that may not be null and has a default counts as absent (measured
 * on kube-apiserver 1.34.4: a merge patch with null brings the default back); without a default it stays.
 */
export function applyDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) for (const item of value) applyDefaults(items, item);
    return;
  }
  if (!isObject(value)) return;
  const { properties, additionalProperties } = schema;
  for (const key in properties) {
    const property = properties[key];
    if (property === undefined) continue;
    const present = value[key];
    if (property.default !== undefined && (present === undefined || (present === null && property.nullable !== true))) {
      value[key] = copyJson(property.default);
    }
    if (value[key] !== undefined) applyDefaults(property, value[key]);
  }
  if (isObject(additionalProperties)) {
    for (const key in value) {
      if (properties?.[key] === undefined) applyDefaults(additionalProperties as Schema, value[key]);
    }
  }
}

/**
 * Takes out every null in a field or map entry that may not be null, in place: the real server reads bodies so. It does not do it to what
 * apply has merged, where such a null is refused (measured on kube-apiserver 1.34.4).
 */
export function dropNulls(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) for (const item of value) dropNulls(items, item);
    return;
  }
  if (!isObject(value)) return;
  const { properties, additionalProperties } = schema;
  for (const key in value) {
    const below = properties?.[key] ?? (isObject(additionalProperties) ? (additionalProperties as Schema) : undefined);
    if (below === undefined) continue;
    if (value[key] === null && below.nullable !== true) delete value[key];
    else dropNulls(below, value[key]);
  }
}

const cache = new WeakMap<Schema, boolean>();

/** Whether a schema has any default at all; without one a read need not copy the object to fill it in. */
export function hasDefaults(schema: Schema): boolean {
  let answer = cache.get(schema);
  if (answer === undefined) {
    answer =
      schema.default !== undefined ||
      Object.values(schema.properties ?? {}).some(hasDefaults) ||
      (schema.items !== undefined && hasDefaults(schema.items)) ||
      (isObject(schema.additionalProperties) && hasDefaults(schema.additionalProperties as Schema));
    cache.set(schema, answer);
  }
  return answer;
}
