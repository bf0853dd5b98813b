import type { KubeObject } from '../kube/objects.js';
import type { InstanceType } from '../plugin/instance-catalog.js';
import type { StockNeed } from '../plugin/node-provisioner.js';
import { factsOf } from './alike.js';
import { PROVISIONED } from './choose-node.js';
import { isOpenTo, recordsOf } from './node-claims.js';

/**
 * The machines among these nodes that an owner may have, each type once. Whether one is ready or has GPUs left does not matter here: a Plan
 * must not change because a node restarts. Nodes of one type that say different things count as the least of them.
 */
export function stockOf(nodes: readonly KubeObject[], { owner, labels, catalogs }: StockNeed): readonly InstanceType[] {
  const matching = nodes.filter((node) => mayHave(node, labels) && isOpenTo(node, owner.namespace));
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

function memoryOf({ gpu }: InstanceType): number {
  return gpu.count * gpu.memoryBytes;
}
