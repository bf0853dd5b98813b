import type { Kind } from '../kinds.js';
import type { KubeObject, OwnerReference } from '../objects.js';
import type { ServedResource } from './api-resources.js';
import type { Controller, ControllerContext } from './controller.js';
import type { Change, Mirror } from './mirror.js';
import { ServedKinds } from './served-kinds.js';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

interface Known {
  readonly resource: ServedResource;
  readonly object: KubeObject;
}

/**
 * Deletes what nobody owns any more (kube-controller-manager's garbage collector): dependants after their owner,
 * before it (foreground, waiting for those with `blockOwnerDeletion`), or not at all (orphan). An owner counts as absent
 * only when the API server itself says that no object of that uid is there; of a kind that is not served nothing is
 * known, so its dependants stay.
 */
export function garbageCollector(context: ControllerContext): Controller & { readonly served: ServedKinds } {
  const { view } = context;
  const served = new ServedKinds(context);
  const known = new Map<string, Known>();
  const dependants = new Map<string, Set<string>>();

  return {
    name: 'garbage-collector',
    sources: [],
    served,
    begin(add) {
      const followed = new Map<Mirror<KubeObject>, () => void>();
      const follow = () => {
        const mirrors = new Map(served.all.map((resource) => [view.mirror(resource as Kind), resource]));
        for (const [mirror, stop] of followed) {
          if (mirrors.has(mirror)) continue;
          stop();
          followed.delete(mirror);
        }
        for (const [mirror, resource] of mirrors) {
          if (!followed.has(mirror))
            followed.set(
              mirror,
              mirror.observe((change) => learn(resource, change, add)),
            );
        }
      };
      served.onChange(follow);
      follow();
      return () => {
        served.stop();
        for (const stop of followed.values()) stop();
      };
    },
    async reconcile(uid) {
      const item = known.get(uid);
      if (item === undefined) return undefined;
      const { metadata } = item.object;
      if (metadata.deletionTimestamp !== undefined) {
        if (metadata.finalizers?.includes(orphan)) await setFree(item);
        else if (metadata.finalizers?.includes(foreground)) await deleteDependantsFirst(item);
        return undefined;
      }
      if ((metadata.ownerReferences ?? []).length > 0) await deleteIfUnowned(item);
      return undefined;
    },
  };

  function learn(
    resource: ServedResource,
    { object, previous, gone }: Change<KubeObject>,
    add: (key: string) => void,
  ): void {
    const uid = object.metadata.uid ?? '';
    for (const owner of previous?.metadata.ownerReferences ?? []) dependants.get(owner.uid)?.delete(uid);
    if (gone) {
      known.delete(uid);
      for (const dependant of dependants.get(uid) ?? []) add(dependant);
      for (const owner of object.metadata.ownerReferences ?? []) add(owner.uid);
      return;
    }
    known.set(uid, { resource, object });
    for (const owner of object.metadata.ownerReferences ?? []) {
      const set = dependants.get(owner.uid) ?? new Set();
      dependants.set(owner.uid, set.add(uid));
    }
    if ((object.metadata.ownerReferences ?? []).length > 0 || object.metadata.deletionTimestamp !== undefined) add(uid);
  }

  function dependantsOf(uid: string): Known[] {
    return [...(dependants.get(uid) ?? [])].flatMap((dependant) => known.get(dependant) ?? []);
  }

  async function setFree({ resource, object }: Known): Promise<void> {
    for (const dependant of dependantsOf(object.metadata.uid ?? ''))
      await dropReferences(dependant, [object.metadata.uid ?? '']);
    await dropFinalizer(resource, object, orphan);
  }

  async function deleteDependantsFirst({ resource, object }: Known): Promise<void> {
    const uid = object.metadata.uid ?? '';
    for (const dependant of dependantsOf(uid)) {
      if (dependant.object.metadata.deletionTimestamp === undefined) await deleteIfUnowned(dependant);
    }
    const blocking = dependantsOf(uid).some((dependant) =>
      referencesOf(dependant).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
    if (!blocking) await dropFinalizer(resource, object, foreground);
  }

  async function deleteIfUnowned(item: Known): Promise<void> {
    const states = await Promise.all(
      referencesOf(item).map(async (owner) => ({ owner, state: await stateOf(owner, item) })),
    );
    const lost = states.filter(({ state }) => state !== 'solid').map(({ owner }) => owner.uid);
    if (lost.length === 0) return;
    if (lost.length < states.length) return dropReferences(item, lost);
    const { metadata } = item.object;
    const waiting = states.some(({ state }) => state === 'waiting');
    const policy = metadata.finalizers?.includes(orphan)
      ? 'Orphan'
      : metadata.finalizers?.includes(foreground) || (waiting && dependantsOf(metadata.uid ?? '').length > 0)
        ? 'Foreground'
        : 'Background';
    await view.delete(item.resource, item.object, { propagationPolicy: policy });
  }

  /** `waiting`: the owner is deleted in the foreground and waits for this very dependant. */
  async function stateOf(owner: OwnerReference, item: Known): Promise<'solid' | 'absent' | 'waiting'> {
    const resource = served.find(owner.apiVersion, owner.kind);
    if (resource === undefined) return 'solid';
    // A cluster-scoped object cannot be owned from inside a namespace; nothing is concluded from such a reference.
    if (resource.namespaced && !item.resource.namespaced) return 'solid';
    const namespace = resource.namespaced ? item.object.metadata.namespace : undefined;
    const live = known.get(owner.uid)?.object ?? (await view.client.get(resource, namespace, owner.name));
    if (live === undefined || live.metadata.uid !== owner.uid) return 'absent';
    if (resource.namespaced && live.metadata.namespace !== namespace) return 'absent';
    const going =
      live.metadata.deletionTimestamp !== undefined && live.metadata.finalizers?.includes(foreground) === true;
    return going && owner.blockOwnerDeletion === true ? 'waiting' : 'solid';
  }

  async function dropReferences({ resource, object }: Known, uids: readonly string[]): Promise<void> {
    const rest = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid));
    await view.merge(resource, object, {
      metadata: { uid: object.metadata.uid, ownerReferences: rest.length === 0 ? null : rest },
    });
  }

  async function dropFinalizer(resource: ServedResource, object: KubeObject, finalizer: string): Promise<void> {
    const rest = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    await view.merge(resource, object, {
      metadata: { uid: object.metadata.uid, finalizers: rest.length === 0 ? null : rest },
    });
  }
}

function referencesOf({ object }: Known): readonly OwnerReference[] {
  return object.metadata.ownerReferences ?? [];
}
