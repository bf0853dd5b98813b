import type { KubeObject } from '../objects.js';
import { copyJson, sameJson } from '../store/json.js';
import type { Resource, Surroundings } from './resource.js';

/**
 * Keeps in `next` what a client cannot change: identity and times; the status, or all but the status, by the subresource; and counts the
 * generation up where what is wanted has changed.
 */
export function prepareUpdate(
  resource: Resource,
  live: KubeObject,
  next: KubeObject,
  subresource: string | undefined,
  around: Surroundings,
): void {
  const { metadata } = next;
  const kept = live.metadata;
  metadata.name = kept.name;
  if (kept.namespace !== undefined) metadata.namespace = kept.namespace;
  if (kept.uid !== undefined) metadata.uid = kept.uid;
  if (kept.resourceVersion !== undefined) metadata.resourceVersion = kept.resourceVersion;
  for (const field of [
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'generateName',
  ] as const) {
    if (kept[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: kept[field] });
  }
  if (subresource === 'status') {
    for (const field of Object.keys({ ...live, ...next })) {
      if (field === 'status' || field === 'metadata') continue;
      if (live[field] === undefined) delete next[field];
      else next[field] = live[field];
    }
    if (resource.custom)
      next.metadata = {
        ...copyJson(kept),
        ...(metadata.managedFields ? { managedFields: metadata.managedFields } : {}),
      };
    if (!resource.custom) next.status ??= {};
    resource.strategy.prepareStatus?.(next, live);
  } else {
    if (resource.status && subresource !== 'binding') {
      if (live.status === undefined) delete next.status;
      else next.status = live.status;
    }
    resource.strategy.prepareUpdate?.(next, live, around, subresource);
  }
  const parts = resource.strategy.generation;
  if (parts !== undefined && subresource !== 'status' && !sameJson(parts(live), parts(next))) {
    next.metadata.generation = (live.metadata.generation ?? 0) + 1;
  }
}
