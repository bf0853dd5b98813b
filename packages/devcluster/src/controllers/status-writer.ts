import type { Kind } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import type { ClusterView } from './cluster-view.js';
import { same } from './fingerprint.js';

/** Brings `status` to this value with one merge patch, or with no request at all when it is there already. */
export async function writeStatus<T extends KubeObject>(
  view: ClusterView,
  kind: Kind<T>,
  object: T,
  status: object,
): Promise<T> {
  const patch = mergePatch(object.status, status);
  if (patch === undefined) return object;
  return (await view.merge(kind, object, { status: patch }, 'status')) ?? object;
}

/** The merge patch (RFC 7386) that turns `from` into `to`; undefined when they are the same on the wire. */
export function mergePatch(from: unknown, to: unknown): unknown {
  if (!isMap(from) || !isMap(to)) return same(from, to) ? undefined : to;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (to[key] === undefined && from[key] !== undefined) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined) continue;
    const change = from[key] === undefined ? value : mergePatch(from[key], value);
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Zero is left out of a status, as Go's `omitempty` does. */
export function nonZero(count: number): number | undefined {
  return count === 0 ? undefined : count;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
