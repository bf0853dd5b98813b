import type { Workspace } from '../api/workspace.js';
import type { KubeObject } from '../kube/objects.js';
import type { WorkspaceCluster } from './workspace-cluster.js';

/** A Secret or ConfigMap that pods cannot start without. */
interface Reference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly keys: readonly string[];
}

/**
 * What the pods of these objects need and the namespace does not have, in a sentence; undefined when nothing is missing. A pod whose
 * Secret is missing waits for it for ever, on a node that is paid for, and asking for it beforehand is free.
 */
export async function missingReferences(
  workspace: Workspace,
  cluster: WorkspaceCluster,
  rendered: readonly KubeObject[],
): Promise<string | undefined> {
  const own = new Set(rendered.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const wanted = new Map(
    rendered
      .flatMap((object) => referencesOf(podOf(object)))
      .filter(({ kind, name }) => !own.has(`${kind}/${name}`))
      .map((one) => [JSON.stringify(one), one]),
  );
  const missing: string[] = [];
  for (const { kind, name, keys } of wanted.values()) {
    if ((await cluster.has(workspace, kind, name, keys)) !== false) continue;
    missing.push(keys.length === 0 ? `${kind} ${name}` : `${kind} ${name} with the key ${keys.join(', ')}`);
  }
  if (missing.length === 0) return undefined;
  return `the namespace ${workspace.metadata.namespace} has no ${missing.join(', and no ')}, so no node was asked for: make it, or remove what names it`;
}

type Json = Readonly<Record<string, unknown>>;

function podOf({ spec }: KubeObject): Json {
  return record(record(record(spec).template).spec);
}

function referencesOf(pod: Json): readonly Reference[] {
  const containers = [...list(pod.initContainers), ...list(pod.containers)];
  return [
    ...containers.flatMap((container) => list(container.env).flatMap(ofVariable)),
    ...list(pod.volumes).flatMap(ofVolume),
  ];
}

function ofVariable({ valueFrom }: Json): readonly Reference[] {
  const { secretKeyRef, configMapKeyRef } = record(valueFrom);
  return [...keyed('Secret', record(secretKeyRef)), ...keyed('ConfigMap', record(configMapKeyRef))];
}

function keyed(kind: Reference['kind'], { name, key, optional }: Json): readonly Reference[] {
  return typeof name === 'string' && typeof key === 'string' && optional !== true ? [{ kind, name, keys: [key] }] : [];
}

function ofVolume({ secret, configMap }: Json): readonly Reference[] {
  return [
    ...mounted('Secret', record(secret), record(secret).secretName),
    ...mounted('ConfigMap', record(configMap), record(configMap).name),
  ];
}

function mounted(kind: Reference['kind'], { items, optional }: Json, name: unknown): readonly Reference[] {
  if (typeof name !== 'string' || optional === true) return [];
  const keys = list(items).flatMap(({ key }) => (typeof key === 'string' ? [key] : []));
  return [{ kind, name, keys }];
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}
