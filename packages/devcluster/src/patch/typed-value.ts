import { resolve } from '../schema/builtin-schemas.js';
import type { Schema } from '../schema/schema.js';
import { isObject, type JsonObject, sameJson } from '../store/json.js';
import { isNumeric, writeJson } from '../store/lossless-json.js';
import { FieldSet } from './field-set.js';

/** How apply looks at a value: as one unit, as a map of fields, or as a list whose items have an identity. */
type Shape =
  | { readonly kind: 'unit' }
  | {
      readonly kind: 'map';
      readonly field: (key: string) => Schema | undefined;
      readonly named: (key: string) => boolean;
      readonly open: boolean;
    }
  | { readonly kind: 'list'; readonly items: Schema; readonly identity: (item: unknown) => string };

const unit: Shape = { kind: 'unit' };
const untyped: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

function shapeOf(reference: Schema, value: unknown): Shape {
  if (reference['x-kubernetes-map-type'] === 'atomic') return unit;
  const schema = resolve(reference);
  if (schema['x-kubernetes-map-type'] === 'atomic' || schema['x-kubernetes-int-or-string']) return unit;
  if (isObject(value)) {
    const { properties, additionalProperties } = schema;
    const open = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
    const element = isObject(additionalProperties) ? (additionalProperties as Schema) : open ? untyped : undefined;
    if (schema.type !== undefined && schema.type !== 'object') return unit;
    return {
      kind: 'map',
      field: (key) => properties?.[key] ?? element,
      named: (key) => properties?.[key] !== undefined,
      open: element !== undefined,
    };
  }
  if (Array.isArray(value)) {
    const listType = schema['x-kubernetes-list-type'];
    if (listType === 'set')
      return { kind: 'list', items: schema.items ?? untyped, identity: (item) => `v:${writeJson(item)}` };
    const keys = schema['x-kubernetes-list-map-keys'];
    if (listType === 'map' && keys !== undefined) {
      const items = schema.items ?? untyped;
      const defaults = resolve(items).properties;
      return { kind: 'list', items, identity: (item) => keyed(item, keys, defaults) };
    }
  }
  return unit;
}

function keyed(item: unknown, keys: readonly string[], properties: Schema['properties']): string {
  const found: JsonObject = {};
  for (const key of [...keys].sort()) {
    // The one key with a default among the built-in lists is the protocol of ports.
    const value =
      (isObject(item) ? item[key] : undefined) ??
      properties?.[key]?.default ??
      (key === 'protocol' ? 'TCP' : undefined);
    if (value !== undefined) found[key] = value;
  }
  return `k:${writeJson(found)}`;
}

const isBare = (value: unknown): boolean => value === null || (isObject(value) && Object.keys(value).length === 0);

/** Every field that a configuration names: what its manager will own. */
export function fieldsOf(schema: Schema, value: unknown): FieldSet {
  const set = new FieldSet();
  const shape = shapeOf(schema, value);
  const visit = (element: string, below: Schema, child: unknown, own: boolean): void => {
    const inner = shapeOf(below, child);
    if (own || inner.kind === 'unit') set.members.add(element);
    if (inner.kind !== 'unit') {
      const fields = fieldsOf(below, child);
      if (!fields.isEmpty) set.children.set(element, fields);
    }
  };
  if (shape.kind === 'map' && isObject(value)) {
    for (const key in value) {
      const child = value[key];
      if (child !== undefined)
        visit(`f:${key}`, shape.field(key) ?? untyped, child, isBare(child) || !shape.named(key));
    }
  } else if (shape.kind === 'list' && Array.isArray(value)) {
    for (const item of value) visit(shape.identity(item), shape.items, item, true);
  }
  return set;
}

/** What differs between two values. */
export interface Difference {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

/** Compares two values field by field; `undefined` stands for nothing there. */
export function differenceOf(schema: Schema, before: unknown, after: unknown): Difference {
  const out = { added: new FieldSet(), removed: new FieldSet(), modified: new FieldSet() };
  compareInside(schema, before, after, out);
  return out;
}

type Sets = { added: FieldSet; removed: FieldSet; modified: FieldSet };

function compareInside(schema: Schema, before: unknown, after: unknown, out: Sets): void {
  const shape = shapeOf(schema, after ?? before);
  if (shape.kind === 'map') {
    const left = withPresent(schema, before, after);
    const right = withPresent(schema, after, before);
    for (const key in right)
      if (right[key] !== undefined) compareChild(shape.field(key) ?? untyped, `f:${key}`, left[key], right[key], out);
    for (const key in left) {
      if (right[key] === undefined && left[key] !== undefined)
        compareChild(shape.field(key) ?? untyped, `f:${key}`, left[key], undefined, out);
    }
  } else if (shape.kind === 'list') {
    const left = byIdentity(before, shape.identity);
    const right = byIdentity(after, shape.identity);
    for (const [element, item] of right) compareChild(shape.items, element, left.get(element), item, out);
    for (const [element, item] of left)
      if (!right.has(element)) compareChild(shape.items, element, item, undefined, out);
  }
}

/** The fields of one side; with the structs that are always there, where the other side has something in them. */
function withPresent(schema: Schema, value: unknown, other: unknown): JsonObject {
  if (!isObject(value)) return {};
  const { properties } = resolve(schema);
  if (properties === undefined || !isObject(other)) return value;
  let filled = value;
  for (const key in other) {
    if (value[key] !== undefined || properties[key]?.['x-always-present'] !== true) continue;
    if (filled === value) filled = { ...value };
    filled[key] = Array.isArray(other[key]) ? [] : {};
  }
  return filled;
}

function compareChild(schema: Schema, element: string, before: unknown, after: unknown, out: Sets): void {
  if (before === after) return;
  if (before === undefined) out.added.members.add(element);
  else if (after === undefined) out.removed.members.add(element);
  const shape = shapeOf(schema, after ?? before);
  const bothEmpty = isEmpty(before) && isEmpty(after);
  if (
    shape.kind === 'unit' ||
    bothEmpty ||
    (before !== undefined && after !== undefined && shapeOf(schema, before).kind !== shape.kind)
  ) {
    if (before !== undefined && after !== undefined && !sameJson(before, after)) out.modified.members.add(element);
    return;
  }
  const inner: Sets = { added: new FieldSet(), removed: new FieldSet(), modified: new FieldSet() };
  compareInside(schema, before, after, inner);
  for (const kind of ['added', 'removed', 'modified'] as const)
    if (!inner[kind].isEmpty) out[kind].children.set(element, inner[kind]);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function byIdentity(list: unknown, identity: (item: unknown) => string): Map<string, unknown> {
  return new Map((Array.isArray(list) ? list : []).map((item) => [identity(item), item]));
}

/** The live value with a configuration laid over it. */
export function mergeTyped(schema: Schema, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  // A null names no field or item of what is there.
  if (config === null) return shapeOf(schema, live).kind === 'unit' || isEmpty(live) ? config : live;
  const shape = shapeOf(schema, config);
  if (shape.kind === 'map' && isObject(live) && isObject(config)) {
    const out: JsonObject = { ...live };
    for (const key in config) out[key] = mergeTyped(shape.field(key) ?? untyped, live[key], config[key]);
    return out;
  }
  if (shape.kind === 'list' && Array.isArray(live) && Array.isArray(config)) return mergeItems(shape, live, config);
  return config;
}

/**
 * Joins two keyed lists in the order that Kubernetes gives them: items of the configuration in its order, and what only the live list has where
 * it stood between them.
 */
function mergeItems(
  shape: Extract<Shape, { kind: 'list' }>,
  live: readonly unknown[],
  config: readonly unknown[],
): unknown[] {
  const theirs = byIdentity(live, shape.identity);
  const liveKeys = live.map(shape.identity);
  const configKeys = config.map(shape.identity);
  const wanted = new Set(configKeys);
  const shared = configKeys.filter((key) => theirs.has(key));
  const merged = new Set<string>();
  const out: unknown[] = [];
  let nextShared = 0;
  let left = 0;
  let right = 0;
  const takeConfig = (): void => {
    const key = configKeys[right] ?? '';
    out.push(mergeTyped(shape.items, theirs.get(key), config[right]));
    merged.add(key);
    if (shared[nextShared] === key) nextShared++;
    right++;
  };
  while (left < live.length || right < config.length) {
    const key = liveKeys[left];
    if (key !== undefined && right < config.length) {
      if (key === configKeys[right]) {
        takeConfig();
        left++;
        continue;
      }
      if (wanted.has(key) && nextShared < shared.length && shared[nextShared] !== key) {
        left++;
        continue;
      }
    }
    if (key !== undefined) {
      if (!wanted.has(key)) {
        out.push(live[left]);
        left++;
        continue;
      }
      if (merged.has(key)) {
        left++;
        continue;
      }
    }
    if (right < config.length) takeConfig();
  }
  return out;
}

/** The value without the fields and items in the set. */
export function withoutFields(schema: Schema, value: unknown, gone: FieldSet): unknown {
  if (gone.isEmpty) return value;
  const shape = shapeOf(schema, value);
  if (shape.kind === 'map' && isObject(value)) {
    const out: JsonObject = {};
    for (const key in value) {
      const element = `f:${key}`;
      if (gone.members.has(element)) continue;
      out[key] = withoutFields(shape.field(key) ?? untyped, value[key], gone.below(element));
    }
    return out;
  }
  if (shape.kind === 'list' && Array.isArray(value)) {
    return value.flatMap((item) => {
      const element = shape.identity(item);
      return gone.members.has(element) ? [] : [withoutFields(shape.items, item, gone.below(element))];
    });
  }
  return value;
}

/** The set with every named field on the way to a member made a member itself, so that an emptied struct goes with its last field. */
export function withNamedParents(schema: Schema, set: FieldSet): FieldSet {
  const of = resolve(schema);
  const out = new FieldSet(set.members);
  for (const [element, child] of set.children) {
    const key = element.slice(2);
    const isField = element.startsWith('f:');
    const property = isField ? of.properties?.[key] : undefined;
    if (property !== undefined) out.members.add(element);
    const below = isField
      ? (property ?? (isObject(of.additionalProperties) ? (of.additionalProperties as Schema) : untyped))
      : (of.items ?? untyped);
    out.children.set(element, withNamedParents(below, child));
  }
  return out;
}

/** Everything in a configuration that apply cannot take, worded as the real server does: unknown fields, wrong types, items without or under one key. */
export function problemsIn(reference: Schema, value: unknown, path = ''): string[] {
  const schema = resolve(reference);
  const expected = expectation(schema, value);
  if (expected !== undefined) return [`${path}: expected ${expected}, got ${typeof value}`];
  const shape = shapeOf(reference, value);
  if (shape.kind === 'map' && isObject(value)) {
    return Object.keys(value).flatMap((key) => {
      const below = shape.field(key);
      return below === undefined
        ? [`${path}.${key}: field not declared in schema`]
        : problemsIn(below, value[key], `${path}.${key}`);
    });
  }
  if (shape.kind !== 'list' || !Array.isArray(value)) return [];
  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    const element = shape.identity(item);
    if (element === 'k:{}') {
      const keys = JSON.stringify(schema['x-kubernetes-list-map-keys']);
      return [
        `${path}: element ${index}: associative list with keys has an element that omits all key fields ${keys} (and doesn't have default values for any key fields)`,
      ];
    }
    const name = new FieldSet([element]).paths()[0];
    if (seen.has(element)) return [`${path}: duplicate entries for key ${name}`];
    seen.add(element);
    return problemsIn(shape.items, item, `${path}${name}`);
  });
}

/** What a value should have been, where it is not; null fits everything. */
function expectation(schema: Schema, value: unknown): string | undefined {
  if (value === null || value === undefined || schema['x-kubernetes-int-or-string']) return undefined;
  switch (schema.type) {
    case 'integer':
    case 'number':
      return isNumeric(value) ? undefined : 'numeric (int or float)';
    case 'string':
    case 'boolean':
      return typeof value === schema.type ? undefined : schema.type;
    case 'array':
      return Array.isArray(value) ? undefined : 'list';
    case 'object':
      return isObject(value) ? undefined : 'map';
    default:
      return undefined;
  }
}
