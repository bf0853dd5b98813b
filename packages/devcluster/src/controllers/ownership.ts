import { apiVersionOf, type Kind, kinds, type LabelSelector, type Pod } from '../kinds.js';
import type { KubeObject, OwnerReference } from '../objects.js';
import type { ClusterView } from './cluster-view.js';
import { selects } from './selector.js';

/** The one owner that manages the object. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The reference a managing owner puts on what it makes. */
export function controllerReference(kind: Kind, owner: KubeObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Keys of the owner of this kind that manages the object, for a {@link Source}. */
export function ownerKeys(kind: Kind, ...objects: (KubeObject | undefined)[]): string[] {
  const keys: string[] = [];
  for (const object of objects) {
    const owner = object === undefined ? undefined : controllerOf(object);
    if (owner?.kind === kind.kind && owner.apiVersion === apiVersionOf(kind)) {
      keys.push(`${object?.metadata.namespace ?? ''}/${owner.name}`);
    }
  }
  return keys;
}

/** Pods by the node they are bound to. */
export function podsOnNode(view: ClusterView): (node: string) => Pod[] {
  return view.mirror(kinds.pods).index('node', ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
}

/** Objects of a kind by the uid of their managing owner. */
export function dependantsOf<T extends KubeObject>(view: ClusterView, kind: Kind<T>): (ownerUid: string) => T[] {
  return view.mirror(kind).index('controller', (object) => {
    const uid = controllerOf(object)?.uid;
    return uid === undefined ? [] : [uid];
  });
}

/**
 * The pods that an owner manages: its own, plus orphans that its selector picks (adopted), minus those whose labels no
 * longer fit (released), as the real controllers do.
 */
export async function claimPods(
  view: ClusterView,
  kind: Kind,
  owner: KubeObject,
  selector: LabelSelector,
): Promise<Pod[]> {
  const uid = owner.metadata.uid ?? '';
  const claimed: Pod[] = [];
  for (const pod of dependantsOf(view, kinds.pods)(uid)) {
    if (selects(selector, pod.metadata.labels)) claimed.push(pod);
    else {
      const rest = (pod.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
      await view.merge(kinds.pods, pod, { metadata: { uid: pod.metadata.uid, ownerReferences: rest } });
    }
  }
  const orphans = view
    .mirror(kinds.pods)
    .index('orphan', (pod) => (controllerOf(pod) === undefined ? [pod.metadata.namespace ?? ''] : []));
  for (const pod of orphans(owner.metadata.namespace ?? '')) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    if (!selects(selector, pod.metadata.labels)) continue;
    const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controllerReference(kind, owner)];
    const adopted = await view.merge(kinds.pods, pod, { metadata: { uid: pod.metadata.uid, ownerReferences } });
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}
