import { isObject, type JsonObject } from '../store/json.js';
import type { Schema } from './schema.js';

const embeddedKeys = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Takes out what a structural schema does not name, in place, and reports the path of each. At the root (and in embedded resources)
 * `apiVersion`, `kind` and `metadata` belong to the object whatever the schema says.
 */
export function prune(schema: Schema, value: unknown, unknown: (path: string) => void, root = true, path = ''): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) prune(items, item, unknown, false, `${path}[${index}]`);
    return;
  }
  if (!isObject(value)) return;
  const object: JsonObject = value;
  const keepMeta = root || schema['x-kubernetes-embedded-resource'] === true;
  const { properties, additionalProperties } = schema;
  const keepAll = schema['x-kubernetes-preserve-unknown-fields'] === true;
  for (const key of Object.keys(object)) {
    if (keepMeta && embeddedKeys.has(key)) continue;
    const below = path === '' ? key : `${path}.${key}`;
    const property = properties?.[key];
    if (property !== undefined) prune(property, object[key], unknown, false, below);
    else if (isObject(additionalProperties)) prune(additionalProperties as Schema, object[key], unknown, false, below);
    else if (additionalProperties === true || keepAll) continue;
    else {
      delete object[key];
      unknown(below);
    }
  }
}
