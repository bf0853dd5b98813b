import { kinds, type PersistentVolume, type PersistentVolumeClaim, type StorageClass } from '../kinds.js';
import { type Controller, type ControllerContext, keyOf, source, splitKey } from './controller.js';
import { parseQuantity } from './quantity.js';
import { selects } from './selector.js';
import { writeStatus } from './status-writer.js';

const component = 'persistentvolume-controller';
const classDefault = 'storageclass.kubernetes.io/is-default-class';
const selectedNode = 'volume.kubernetes.io/selected-node';

/**
 * Binds PersistentVolumeClaims to volumes that fit, smallest first, and does for classes without a provisioner of their own what one would do: it
 * makes the volume. Every class provisions here, whatever it names, but `kubernetes.io/no-provisioner`; a claim without any class, in a cluster without
 * a default one, is provisioned too, so that a manifest runs on an empty cluster. A claim of a class that waits for its first consumer waits for a pod
 * that is bound to a node (here the scheduler looks at no volumes). What a released volume does is its reclaim policy.
 */
export function persistentVolumes({ view, events }: ControllerContext): Controller {
  const claimPrefix = 'claim ';
  const volumePrefix = 'volume ';
  const claimKey = (object: PersistentVolumeClaim): string => claimPrefix + keyOf(object);
  const pending = (): string[] =>
    view
      .mirror(kinds.persistentVolumeClaims)
      .list()
      .filter(({ status }) => status?.phase !== 'Bound')
      .map(claimKey);

  return {
    name: 'persistentvolume',
    sources: [
      source(kinds.persistentVolumeClaims, ({ object }) => [
        claimKey(object),
        ...(object.spec.volumeName ? [`${volumePrefix}/${object.spec.volumeName}`] : []),
      ]),
      source(kinds.persistentVolumes, ({ object, gone }) => [
        ...(gone ? [] : [volumePrefix + keyOf(object)]),
        ...pending(),
        ...(object.spec.claimRef?.name === undefined
          ? []
          : [`${claimPrefix}${object.spec.claimRef.namespace}/${object.spec.claimRef.name}`]),
      ]),
      source(kinds.storageClasses, pending),
      source(kinds.pods, ({ object, previous }) =>
        object.spec.nodeName && !previous?.spec.nodeName
          ? (object.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
              persistentVolumeClaim === undefined
                ? []
                : [`${claimPrefix}${object.metadata.namespace ?? 'default'}/${persistentVolumeClaim.claimName}`],
            )
          : [],
      ),
    ],
    async reconcile(key) {
      if (key.startsWith(volumePrefix)) await reclaim(splitKey(key.slice(volumePrefix.length)).name);
      else await bindClaim(splitKey(key.slice(claimPrefix.length)));
      return undefined;
    },
  };

  async function bindClaim({ namespace, name }: { namespace: string | undefined; name: string }): Promise<void> {
    const claim = view.mirror(kinds.persistentVolumeClaims).get(namespace, name);
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return;
    if (claim.spec.volumeName) {
      const volume = view.mirror(kinds.persistentVolumes).get(undefined, claim.spec.volumeName);
      const holder = volume?.spec.claimRef;
      if (volume === undefined) {
        if (claim.status?.phase === 'Bound')
          await writeStatus(view, kinds.persistentVolumeClaims, claim, { phase: 'Lost' });
      } else if (holder === undefined || isHeldBy(volume, claim)) await tie(claim, volume);
      return;
    }
    const storageClass = classOf(claim);
    const consumed = storageClass?.volumeBindingMode !== 'WaitForFirstConsumer' || isConsumed(claim);
    const found = fitting(claim);
    if (found !== undefined && consumed) return tie(claim, found);
    if (!consumed) {
      say(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
      return;
    }
    const asked = claim.spec.storageClassName;
    if (asked && storageClass === undefined) {
      say(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${asked}" not found`);
    } else if (asked === '' || storageClass?.provisioner === 'kubernetes.io/no-provisioner') {
      say(
        claim,
        'Normal',
        'FailedBinding',
        'no persistent volumes available for this claim and no storage class is set',
      );
    } else await provision(claim, storageClass);
  }

  function classOf(claim: PersistentVolumeClaim): StorageClass | undefined {
    const classes = view.mirror(kinds.storageClasses);
    const { storageClassName } = claim.spec;
    if (storageClassName) return classes.get(undefined, storageClassName);
    if (storageClassName === '') return undefined;
    return classes.list().find(({ metadata }) => metadata.annotations?.[classDefault] === 'true');
  }

  function isConsumed({ metadata: { namespace, name, annotations } }: PersistentVolumeClaim): boolean {
    if (annotations?.[selectedNode] !== undefined) return true;
    return view
      .mirror(kinds.pods)
      .list(namespace)
      .some(
        ({ spec }) =>
          spec.nodeName !== undefined &&
          (spec.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name),
      );
  }

  /** The volume kept for this claim, or the smallest free one that has all it asks for. */
  function fitting(claim: PersistentVolumeClaim): PersistentVolume | undefined {
    const { accessModes = [], resources, selector, volumeMode = 'Filesystem' } = claim.spec;
    const wanted = parseQuantity(resources?.requests?.storage ?? 0);
    const storageClass = claim.spec.storageClassName ?? classOf(claim)?.metadata.name ?? '';
    const fits = (volume: PersistentVolume): boolean =>
      (volume.spec.claimRef === undefined || isHeldBy(volume, claim)) &&
      volume.metadata.deletionTimestamp === undefined &&
      (volume.spec.storageClassName ?? '') === storageClass &&
      (volume.spec.volumeMode ?? 'Filesystem') === volumeMode &&
      accessModes.every((mode) => volume.spec.accessModes?.includes(mode)) &&
      (selector === undefined || selects(selector, volume.metadata.labels)) &&
      sizeOf(volume) >= wanted;
    const rank = (volume: PersistentVolume): number => (isHeldBy(volume, claim) ? -1 : sizeOf(volume));
    return view
      .mirror(kinds.persistentVolumes)
      .list()
      .filter(fits)
      .sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
  }

  async function provision(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): Promise<void> {
    const { uid = '' } = claim.metadata;
    const name = `pvc-${uid}`;
    const { accessModes = [], resources, volumeMode = 'Filesystem' } = claim.spec;
    await view.create(kinds.persistentVolumes, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': storageClass?.provisioner ?? 'devcluster' } },
      spec: {
        accessModes,
        capacity: { storage: resources?.requests?.storage },
        claimRef: referenceTo(claim),
        hostPath: { path: `/var/lib/devcluster/${name}` },
        persistentVolumeReclaimPolicy: storageClass?.reclaimPolicy ?? 'Delete',
        ...(storageClass === undefined ? {} : { storageClassName: storageClass.metadata.name }),
        volumeMode,
      },
    });
    say(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
  }

  /** Ties both ends, the volume first: from then on nobody else can have it. */
  async function tie(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const held = await view.merge(kinds.persistentVolumes, volume, { spec: { claimRef: referenceTo(claim) } });
    if (held === undefined) return;
    await writeStatus(view, kinds.persistentVolumes, held, { ...held.status, phase: 'Bound' });
    const { storageClassName } = volume.spec;
    const tied = await view.merge(kinds.persistentVolumeClaims, claim, {
      metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: {
        volumeName: volume.metadata.name,
        ...(claim.spec.storageClassName === undefined && storageClassName ? { storageClassName } : {}),
      },
    });
    if (tied === undefined) return;
    await writeStatus(view, kinds.persistentVolumeClaims, tied, {
      phase: 'Bound',
      accessModes: volume.spec.accessModes,
      capacity: volume.spec.capacity,
    });
  }

  /** Says whether a volume is free; when its claim is gone, does what its policy says. */
  async function reclaim(name: string): Promise<void> {
    const volume = view.mirror(kinds.persistentVolumes).get(undefined, name);
    if (volume === undefined || volume.metadata.deletionTimestamp !== undefined) return;
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
    if (claimRef?.uid === undefined) {
      if (volume.status?.phase !== 'Available') {
        await writeStatus(view, kinds.persistentVolumes, volume, { ...volume.status, phase: 'Available' });
      }
      return;
    }
    const claim = await view.client.get(kinds.persistentVolumeClaims, claimRef.namespace, claimRef.name ?? '');
    if (claim?.metadata.uid === claimRef.uid) return;
    await writeStatus(view, kinds.persistentVolumes, volume, { ...volume.status, phase: 'Released' });
    if (persistentVolumeReclaimPolicy === 'Delete') await view.delete(kinds.persistentVolumes, volume);
  }

  function say(claim: PersistentVolumeClaim, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record(claim, type, reason, message, component);
  }
}

function isHeldBy({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  return (
    claimRef?.name === metadata.name &&
    claimRef.namespace === metadata.namespace &&
    (claimRef.uid === undefined || claimRef.uid === metadata.uid)
  );
}

function referenceTo({ metadata: { namespace, name, uid } }: PersistentVolumeClaim): object {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
}

const sizeOf = (volume: PersistentVolume): number => parseQuantity(volume.spec.capacity?.storage ?? 0);
