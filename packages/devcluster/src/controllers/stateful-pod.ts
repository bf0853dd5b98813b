import { kinds, type PodTemplate, type StatefulSet } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { controllerReference } from './ownership.js';
import { podFromTemplate } from './pods.js';

/** `web-0`: the name that a pod keeps for life. */
export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The number in the name of one of the set's pods; -1 when the name is not of this set. */
export function ordinalOf(set: StatefulSet, name: string): number {
  const prefix = `${set.metadata.name}-`;
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d+$/.test(rest) ? Number(rest) : -1;
}

/** The pod of that ordinal: stable name, hostname, identity labels and its own volume claims. */
export function statefulPod(set: StatefulSet, ordinal: number, revision: string, template: PodTemplate): KubeObject {
  const name = podName(set, ordinal);
  const claimed = (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
    name: claim.metadata.name,
    persistentVolumeClaim: { claimName: `${claim.metadata.name}-${name}` },
  }));
  const others = (template.spec.volumes ?? []).filter(({ name: own }) => claimed.every((claim) => claim.name !== own));
  const volumes = [...others, ...claimed];
  return podFromTemplate(
    kinds.statefulSets,
    set,
    template,
    {
      name,
      labels: {
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
        'controller-revision-hash': revision,
      },
    },
    {
      hostname: name,
      ...(set.spec.serviceName === undefined ? {} : { subdomain: set.spec.serviceName }),
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  );
}

/** The PersistentVolumeClaims of that ordinal, owned by the set only when it says that they go with it. */
export function volumeClaims(set: StatefulSet, ordinal: number): KubeObject[] {
  const goes = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  return (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
    ...claim,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...claim.metadata,
      name: `${claim.metadata.name}-${podName(set, ordinal)}`,
      namespace: set.metadata.namespace ?? 'default',
      labels: { ...claim.metadata.labels, ...set.spec.selector.matchLabels },
      ...(goes ? { ownerReferences: [controllerReference(kinds.statefulSets, set)] } : {}),
    },
  }));
}
