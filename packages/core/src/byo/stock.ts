import type { KubeObject } from '../kube/objects.js';
import { instanceTypeFromNode } from '../plan/instance-type-from-node.js';
import { findInstance } from '../plan/lookup.js';
import type { InstanceCatalog, InstanceType } from '../plugin/instance-catalog.js';
import type { StockNeed } from '../plugin/node-provisioner.js';
import { INSTANCE_TYPE, PROVISIONED } from './choose-node.js';
import { recordsOf } from './node-claims.js';

/**
 * The machines among these nodes that an owner may have, each type once. Whether one is ready or has GPUs left does not matter here: a Plan
 * must not change because a node restarts. Nodes of one type that say different things count as the least of them.
 */
export function stockOf(nodes: readonly KubeObject[], { owner, labels, catalogs }: StockNeed): readonly InstanceType[] {
  const matching = nodes.filter((node) => mayHave(node, labels));
  const held = matching.filter((node) => [...recordsOf(node).values()].some((one) => one?.owner.uid === owner.uid));
  const least = new Map<string, InstanceType>();
  for (const node of held.length > 0 ? held : matching) {
    const type = factsOf(node, catalogs);
    if (!type) continue;
    const key = type.name.toLowerCase();
    const known = least.get(key);
    if (!known || memoryOf(type) < memoryOf(known)) least.set(key, type);
  }
  return [...least.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function mayHave({ metadata }: KubeObject, wanted: Readonly<Record<string, string>>): boolean {
  const { labels = {}, deletionTimestamp } = metadata;
  const matches = Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return matches && !(PROVISIONED in labels) && deletionTimestamp === undefined;
}

/** What the node says of its GPUs; where it says nothing, what a catalog knows of the type that it names. */
function factsOf({ metadata }: KubeObject, catalogs: readonly InstanceCatalog[]): InstanceType | undefined {
  const { labels = {} } = metadata;
  const read = instanceTypeFromNode(labels);
  return read.known ? read.instance : findInstance(catalogs, labels[INSTANCE_TYPE] ?? '');
}

function memoryOf({ gpu }: InstanceType): number {
  return gpu.count * gpu.memoryBytes;
}
