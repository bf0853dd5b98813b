import { isMap, keysOf, mergeKey } from './merge-keys.js';
import type { KubeObject } from './objects.js';
import { sameQuantity } from './quantity.js';

/**
 * Whether applying `rendered` would change `live`, as far as can be told without asking the server.
 *
 * What `rendered` does not mention is not looked at: defaults and other managers' fields. What it does mention must be there,
 * allowing for what the server makes of it: quantities in another notation, empty values that were left out, `stringData`
 * turned into `data`, list items of others beside ours.
 *
 * It cannot see what *was* rendered and no longer is; `Applier` keeps a fingerprint on the object for that. A wrong "yes"
 * costs one request, which `Applier` does not repeat; a wrong "no" would hide a drift, so doubt means yes.
 */
export function differs(rendered: KubeObject, live: KubeObject): boolean {
  const { metadata, status, stringData, ...rest } = rendered;
  const { labels, annotations, ownerReferences, finalizers } = metadata;
  const wanted = { labels, annotations, ownerReferences, finalizers };
  if (!covers(wanted, live.metadata, 'metadata', '')) return true;
  if (stringData !== undefined && !covers(encoded(stringData), live.data ?? {}, 'data', '')) return true;
  return Object.keys(rest).some((field) => !covers(rest[field], live[field], field, ''));
}

/** Fields whose zero value Go does not write, so that a rendered `false` or `0` comes back as nothing. */
const zeroIsAbsent = new Set([
  'hostIPC',
  'hostNetwork',
  'hostPID',
  'minReadySeconds',
  'paused',
  'publishNotReadyAddresses',
  'readOnly',
  'stdin',
  'stdinOnce',
  'tty',
  'unschedulable',
]);

/** Maps whose values are quantities, whatever their keys. */
const quantityMaps = new Set([
  'allocatable',
  'capacity',
  'default',
  'defaultRequest',
  'hard',
  'limits',
  'overhead',
  'requests',
]);
const quantityFields = new Set(['divisor', 'sizeLimit']);

/** Maps of plain text, in which `1` and `1000m` are two things even under a key like `limits`. */
const textMaps = new Set(['annotations', 'data', 'labels', 'matchLabels', 'nodeSelector', 'selector']);

/** Lists without order to which admission adds items of its own. */
const unordered = new Set(['finalizers', 'tolerations']);

function covers(wanted: unknown, live: unknown, field: string, parent: string): boolean {
  if (wanted === undefined) return true;
  if (live === undefined || live === null) return leftOut(wanted, field);
  if (Array.isArray(wanted)) return Array.isArray(live) && listCovers(wanted, live, field);
  if (isMap(wanted)) {
    if (!isMap(live)) return false;
    return Object.keys(wanted).every((key) =>
      covers(wanted[key], live[key], key, textMaps.has(parent) ? parent : field),
    );
  }
  if (wanted === live) return true;
  const quantity = !textMaps.has(parent) && (quantityFields.has(field) || quantityMaps.has(parent));
  return quantity && sameQuantity(wanted, live);
}

function leftOut(wanted: unknown, field: string): boolean {
  if (wanted === null || wanted === '') return true;
  if (wanted === false || wanted === 0) return zeroIsAbsent.has(field);
  if (Array.isArray(wanted)) return wanted.length === 0;
  return isMap(wanted) && Object.values(wanted).every((value) => value === undefined);
}

function listCovers(wanted: readonly unknown[], live: readonly unknown[], field: string): boolean {
  if (unordered.has(field)) return wanted.every((item) => live.some((other) => covers(item, other, '', field)));
  const keys = keysOf(wanted, field);
  if (keys === undefined || wanted.length === 0) {
    return wanted.length === live.length && wanted.every((item, at) => covers(item, live[at], '', field));
  }
  const byKey = new Map(live.map((item) => [mergeKey(item, keys), item]));
  return wanted.every((item) => covers(item, byKey.get(mergeKey(item, keys)), '', field));
}

function encoded(stringData: unknown): Record<string, string> {
  const entries = Object.entries(isMap(stringData) ? stringData : {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]));
}
