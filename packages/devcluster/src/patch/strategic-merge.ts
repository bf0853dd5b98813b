import { ApiError } from '../http/api-error.js';
import { resolve } from '../schema/builtin-schemas.js';
import type { Schema } from '../schema/schema.js';
import { asList, copyJson, isObject, type JsonObject, sameJson } from '../store/json.js';
import { writeJson } from '../store/lossless-json.js';

const orderPrefix = '$setElementOrder/';
const dropPrefix = '$deleteFromPrimitiveList/';

/**
 * Strategic merge patch: as a merge patch, but lists that the type says so are merged by a key, and directives (`$patch`, `$retainKeys`,
 * `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say what a plain patch cannot. Neither argument is changed.
 */
export function strategicMerge(schema: Schema | undefined, target: JsonObject, patch: JsonObject): JsonObject {
  const { $patch: directive, $retainKeys: retained, ...rest } = patch;
  if (directive === 'replace') return copyJson(rest);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw ApiError.badRequest(`unknown patch type found: ${JSON.stringify(directive)}`);
  }
  const out: JsonObject = { ...target };
  if (Array.isArray(retained)) for (const key of Object.keys(out)) if (!retained.includes(key)) delete out[key];
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith(dropPrefix)) {
      const list = key.slice(dropPrefix.length);
      const dropped = asList(value);
      if (Array.isArray(out[list]))
        out[list] = (out[list] as unknown[]).filter((item) => !dropped.some((each) => sameJson(each, item)));
    }
  }
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith('$')) continue;
    if (value === null) {
      delete out[key];
      continue;
    }
    const field = fieldOf(schema, key);
    const before = out[key];
    if (isObject(value)) out[key] = strategicMerge(field, isObject(before) ? before : {}, value);
    else if (Array.isArray(value)) out[key] = mergeList(field, Array.isArray(before) ? before : [], value);
    else out[key] = value;
  }
  for (const [key, value] of Object.entries(rest)) {
    if (!key.startsWith(orderPrefix)) continue;
    const list = key.slice(orderPrefix.length);
    const now = out[list];
    if (Array.isArray(now))
      out[list] = reorder(mergeKeyOf(fieldOf(schema, list)), now, asList(target[list]), asList(value));
  }
  return out;
}

function fieldOf(schema: Schema | undefined, key: string): Schema | undefined {
  const field =
    schema?.properties?.[key] ??
    (isObject(schema?.additionalProperties) ? (schema.additionalProperties as Schema) : undefined);
  if (field === undefined) return undefined;
  // The strategy stands on the reference, the fields on the type it names.
  return field.$ref === undefined ? field : { ...resolve(field), ...strategyOnly(field) };
}

function strategyOnly(field: Schema): Schema {
  const strategy = field['x-kubernetes-patch-strategy'];
  return strategy === undefined ? {} : { 'x-kubernetes-patch-strategy': strategy };
}

const mergeKeyOf = (field: Schema | undefined): string | undefined => field?.['x-kubernetes-patch-merge-key'];

function mergeList(field: Schema | undefined, target: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const merges = field?.['x-kubernetes-patch-strategy']?.split(',').includes('merge') ?? false;
  if (!merges) return patch.filter((item) => !isObject(item) || item.$patch === undefined).map(copyJson);
  const key = mergeKeyOf(field);
  if (key === undefined) {
    const added = patch.filter((item) => !target.some((each) => sameJson(each, item)));
    return reorder(undefined, [...target, ...added.map(copyJson)], target, patch);
  }
  const items = field?.items === undefined ? undefined : resolve(field.items);
  const replaces = patch.some((item) => isObject(item) && item.$patch === 'replace');
  if (replaces) return patch.filter((item) => !(isObject(item) && item.$patch === 'replace')).map(copyJson);
  let out = [...target];
  for (const item of patch) {
    if (!isObject(item)) throw ApiError.badRequest('a list merged by key holds objects only');
    if (item[key] === undefined) {
      throw ApiError.badRequest(`map: ${writeJson(item)} does not contain declared merge key: ${key}`);
    }
    const index = out.findIndex((each) => isObject(each) && each[key] === item[key]);
    if (item.$patch === 'delete') {
      out = out.filter((each) => !(isObject(each) && each[key] === item[key]));
    } else if (index >= 0) out[index] = strategicMerge(items, out[index] as JsonObject, item);
    else out.push(strategicMerge(items, {}, item));
  }
  return reorder(key, out, target, patch);
}

/** Brings a merged list into the order of the patch, or the one it asks for; what only the server has keeps its place among the others. */
function reorder(
  key: string | undefined,
  list: readonly unknown[],
  original: readonly unknown[],
  order: readonly unknown[],
): unknown[] {
  const identity = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item);
  const wanted = order.map(identity);
  const before = original.map(identity);
  const ordered = list
    .filter((item) => wanted.includes(identity(item)))
    .sort((a, b) => wanted.indexOf(identity(a)) - wanted.indexOf(identity(b)));
  const rest = list.filter((item) => !wanted.includes(identity(item)));
  const out: unknown[] = [];
  while (ordered.length > 0 || rest.length > 0) {
    const [left, right] = [rest[0], ordered[0]];
    const place = right === undefined ? Number.POSITIVE_INFINITY : before.indexOf(identity(right));
    const takeRest =
      left !== undefined && (right === undefined || (place >= 0 && before.indexOf(identity(left)) < place));
    const next = takeRest ? rest.shift() : ordered.shift();
    out.push(next);
  }
  return out;
}
