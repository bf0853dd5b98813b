import type { KubeObject } from '../../kube/objects.js';

/** Fields in which two runs that came to the same still differ. */
const incidental = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'observedGeneration',
  'creationTimestamp',
  'managedFields',
  'lastTransitionTime',
  'renewTime',
  'acquireTime',
  // Of the Applier: it covers the owner's uid.
  'kaito-sdk.io/rendered',
  'clusterIP',
  'clusterIPs',
]);

/** Objects as two runs can be compared by: sorted, as their fields are, and without uids, versions and times. */
export function plainState(objects: readonly KubeObject[]): readonly unknown[] {
  const key = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1)).map(plain);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !incidental.has(field))
      // In which order they were written depends on the way there.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, inner]) => [field, plain(inner)]),
  );
}
