import type { KubeObject } from '../objects.js';
import { sameJson } from '../store/json.js';
import type { Snapshot } from '../store/store.js';
import { customResourceDefinitions } from './kinds/crd.js';
import type { Registry } from './registry.js';

/**
 * Brings every object back to what it was, by writes like any other: the revision goes on, what differs is written again or deleted, and every
 * watch sees how. So neither a client nor a controller has to know of it. No rule is checked, no admission asked: this was all there before.
 */
export function restoreSnapshot(registry: Registry, snapshot: Snapshot): void {
  const definitions = customResourceDefinitions.collection;
  // Definitions come before what they define, and go after it.
  const wanted = Object.entries(snapshot.objects).sort(
    ([a], [b]) => Number(b === definitions) - Number(a === definitions),
  );
  for (const [collection, objects] of wanted) for (const object of objects) put(registry, collection, object);
  const present = registry.around.store.collections();
  for (const collection of present.sort((a, b) => Number(a === definitions) - Number(b === definitions))) {
    const kept = new Set((snapshot.objects[collection] ?? []).map(keyOf));
    for (const object of registry.around.store.list(collection)) {
      if (!kept.has(keyOf(object))) remove(registry, collection, keyOf(object));
    }
  }
}

function put(registry: Registry, collection: string, object: KubeObject): void {
  const { store } = registry.around;
  const key = keyOf(object);
  const live = store.get(collection, key);
  if (live !== undefined && sameContent(live, object)) return;
  if (live !== undefined && live.metadata.uid !== object.metadata.uid) remove(registry, collection, key);
  const stored = store.put(collection, key, { ...object, metadata: { ...object.metadata } });
  if (collection === customResourceDefinitions.collection) {
    registry.announce(customResourceDefinitions, stored, 'stored');
  }
}

function remove(registry: Registry, collection: string, key: string): void {
  const gone = registry.around.store.delete(collection, key);
  if (gone !== undefined && collection === customResourceDefinitions.collection) {
    registry.announce(customResourceDefinitions, gone, 'deleted');
  }
}

/** But for the revision, which two states of the same content may differ in after a restore. */
function sameContent(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion: _a, ...left } = a.metadata;
  const { resourceVersion: _b, ...right } = b.metadata;
  return sameJson({ ...a, metadata: left }, { ...b, metadata: right });
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
