import { storageVersionOf } from './crd.js';
import type { ResourceClass } from './facts.js';
import { type Shape, shapeOf } from './shape.js';

/**
 * The object with the defaults of its class filled in, as the API server would store it: for objects that never saw one, a
 * manifest on disk for instance. Parts that need no default are shared with the original, which is not changed.
 */
export function withDefaults<T>(target: ResourceClass, object: T, version?: string): T {
  return filled(shapeOf(target, storageVersionOf(target, version)), object) as T;
}

function filled(shape: Shape, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = shape;
    return items === undefined
      ? value
      : unlessSame(
          value,
          value.map((item) => filled(items, item)),
        );
  }
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Readonly<Record<string, unknown>>;
  let result: Record<string, unknown> | undefined;
  const set = (key: string, next: unknown): void => {
    if (next === object[key]) return;
    result ??= { ...object };
    result[key] = next;
  };
  for (const [name, property] of shape.properties) {
    const present = object[name];
    // The server replaces a null by the default too, where null is not allowed.
    const missing = present === undefined || (present === null && property.schema.nullable !== true);
    if (missing && property.schema.default !== undefined)
      set(name, filled(property, structuredClone(property.schema.default)));
    else if (present !== undefined) set(name, filled(property, present));
  }
  if (shape.values !== undefined)
    for (const [key, each] of Object.entries(object)) set(key, filled(shape.values, each));
  return result ?? object;
}

function unlessSame(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((item, index) => item === before[index]) ? before : after;
}
