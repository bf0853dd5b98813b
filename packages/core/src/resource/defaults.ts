import { storageVersionOf } from './crd.js';
import type { ResourceClass } from './facts.js';
import { type Shape, shapeOf } from './shape.js';

/**
 * The object as the API server would take it in: with the defaults of its class, and without the nulls that stand where null is not
 * allowed (measured on apiextensions-apiserver 0.34.4: such a null counts as absent). For objects that never saw a server, a manifest
 * on disk for instance. Parts that need no change are shared with the original, which is not changed.
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
  const change = (key: string, next: unknown): void => {
    if (next === object[key]) return;
    result ??= { ...object };
    if (next === undefined) delete result[key];
    else result[key] = next;
  };
  const fill = (key: string, part: Shape): void => {
    const { default: fallback, nullable } = part.schema;
    const absent = object[key] === undefined || (object[key] === null && nullable !== true);
    if (!absent) change(key, filled(part, object[key]));
    else if (fallback !== undefined) change(key, filled(part, structuredClone(fallback)));
    else if (object[key] === null) change(key, undefined);
  };
  for (const [name, property] of shape.properties) fill(name, property);
  if (shape.values !== undefined) for (const key of Object.keys(object)) fill(key, shape.values);
  return result ?? object;
}

function unlessSame(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((item, index) => item === before[index]) ? before : after;
}
