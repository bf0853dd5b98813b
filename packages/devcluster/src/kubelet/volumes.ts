import type { DownwardItem, Pod, Volume, VolumeItems } from '../kinds.js';
import { type ConfigData, type ConfigLookup, MissingConfig } from './config-lookup.js';
import { type DownwardSource, fieldValue, resourceValue } from './field-ref.js';

/** What a volume of a pod holds, before any disk is touched. */
export interface VolumeContent {
  readonly name: string;
  /** The field that says its kind: `emptyDir`, `configMap`, … */
  readonly source: string;
  /** Content by path inside the volume; empty for volumes that begin empty. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly medium?: string;
  /** Set for a PersistentVolumeClaim: its directory is shared by all pods that claim it. */
  readonly claimName?: string;
  /** Set for an image: its reference. */
  readonly image?: string;
  /** Set for a hostPath: a path of the simulated node, never of this machine. */
  readonly nodePath?: string;
}

/**
 * Looks up everything the volumes of a pod hold. @throws MissingConfig in the kubelet's words, `MountVolume.SetUp failed …`.
 */
export async function resolveVolumes(pod: Pod, source: DownwardSource, lookup: ConfigLookup): Promise<VolumeContent[]> {
  const volumes: VolumeContent[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    try {
      volumes.push(await resolveVolume(volume, source, lookup));
    } catch (error) {
      if (!(error instanceof MissingConfig)) throw error;
      throw new MissingConfig(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
    }
  }
  return volumes;
}

async function resolveVolume(volume: Volume, source: DownwardSource, lookup: ConfigLookup): Promise<VolumeContent> {
  const { name, emptyDir, configMap, secret, downwardAPI, projected, persistentVolumeClaim, hostPath, image } = volume;
  const files = new Map<string, Buffer>();
  if (configMap !== undefined) {
    await addConfig(files, 'configmap', configMap.name ?? '', configMap, lookup);
    return { name, source: 'configMap', files };
  }
  if (secret !== undefined) {
    await addConfig(files, 'secret', secret.secretName ?? '', secret, lookup);
    return { name, source: 'secret', files };
  }
  if (downwardAPI !== undefined) {
    addDownward(files, downwardAPI.items, source);
    return { name, source: 'downwardAPI', files };
  }
  if (projected !== undefined) {
    for (const part of projected.sources ?? []) {
      if (part.configMap !== undefined)
        await addConfig(files, 'configmap', part.configMap.name ?? '', part.configMap, lookup);
      if (part.secret !== undefined) await addConfig(files, 'secret', part.secret.name ?? '', part.secret, lookup);
      if (part.downwardAPI !== undefined) addDownward(files, part.downwardAPI.items, source);
      if (part.serviceAccountToken !== undefined) {
        const account = source.pod.spec.serviceAccountName ?? 'default';
        files.set(part.serviceAccountToken.path, Buffer.from(await lookup.token(account)));
      }
    }
    return { name, source: 'projected', files };
  }
  if (persistentVolumeClaim !== undefined) {
    return { name, source: 'persistentVolumeClaim', files, claimName: persistentVolumeClaim.claimName };
  }
  if (image !== undefined) return { name, source: 'image', files, image: image.reference ?? '' };
  if (hostPath !== undefined) return { name, source: 'hostPath', files, nodePath: hostPath.path };
  if (emptyDir !== undefined) {
    return { name, source: 'emptyDir', files, ...(emptyDir.medium === undefined ? {} : { medium: emptyDir.medium }) };
  }
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
  throw new MissingConfig(`volumes of kind ${kind} are not simulated`);
}

async function addConfig(
  files: Map<string, Buffer>,
  kind: 'configmap' | 'secret',
  name: string,
  { items, optional = false }: VolumeItems,
  lookup: ConfigLookup,
): Promise<void> {
  const data: ConfigData = (await lookup.load(kind, name, optional)) ?? new Map();
  if (items === undefined) {
    for (const [key, value] of data) files.set(key, value);
    return;
  }
  for (const { key, path } of items) {
    const value = data.get(key);
    if (value !== undefined) files.set(path, value);
    else if (!optional)
      throw new MissingConfig(`references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${key}`);
  }
}

function addDownward(
  files: Map<string, Buffer>,
  items: readonly DownwardItem[] | undefined,
  source: DownwardSource,
): void {
  for (const { path, fieldRef, resourceFieldRef } of items ?? []) {
    const value =
      fieldRef !== undefined
        ? fieldValue(fieldRef.fieldPath, source)
        : resourceFieldRef === undefined
          ? ''
          : resourceValue(resourceFieldRef, undefined, source);
    files.set(path, Buffer.from(value));
  }
}
