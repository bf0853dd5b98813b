import type { KubeObject, Workspace } from '@kaito-sdk/core';
import { plainState } from '@kaito-sdk/core/testing';
import { DEPLOYMENTS, NODE_CLAIMS, NODES, PODS, SERVICES, WORKSPACES } from '../world.js';
import type { Ground } from './ground.js';

const kinds = [
  WORKSPACES,
  SERVICES,
  DEPLOYMENTS,
  NODES,
  NODE_CLAIMS,
  { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' },
  { group: 'karpenter.sh', version: 'v1alpha5', plural: 'machines' },
  { group: 'apps', version: 'v1', plural: 'statefulsets' },
  { group: 'apps', version: 'v1', plural: 'controllerrevisions' },
  { group: 'batch', version: 'v1', plural: 'jobs' },
  { group: '', version: 'v1', plural: 'configmaps' },
];

/** Fields that tell when, or how often, and not what. */
const moments = new Set([
  'asked',
  'since',
  'paid',
  'ended',
  'finished',
  'lastUpdateTime',
  'lastProbeTime',
  'lastHeartbeatTime',
  'startTime',
  'completionTime',
  // A conflict that was met again leaves another number of writes behind.
  'observedGeneration',
]);
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const MOMENT = /\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d(\.\d+)?Z/g;
/** In a message: pods have names by chance. */
const POD_NAME = /\bPod [a-z0-9-]+-[a-z0-9]{5}\b/g;

/** All there is at the end of a life, as two ends are compared by. */
export interface EndState {
  readonly objects: readonly string[];
  /** Machines that were ever bought, by name, and whether they still run. */
  readonly machines: readonly string[];
  readonly paidSeconds: number;
  /** Machines that the Workspaces need which are there; undefined where none are bought. */
  readonly needed: number | undefined;
}

/** Everything that the operator or somebody for it has made, without uids, versions and times. Names by hash stay as they are. */
export async function endState({ world, bill, claims, buys }: Ground): Promise<EndState> {
  const { client, server } = world.cluster;
  const served = new Set([...server.registry.resources.all()].map(({ group, plural }) => `${plural}.${group}`));
  const objects: string[] = [];
  for (const kind of kinds) {
    if (!served.has(`${kind.plural}.${kind.group}`)) continue;
    const { items } = await client.list(kind);
    const plain = plainState((items as unknown as KubeObject[]).map(withoutHistory));
    objects.push(...plain.map((object) => JSON.stringify(masked(object))));
  }
  // Pods have names by chance: what counts is how many there are of whom, where, and how they are.
  const { items: pods } = await client.list(PODS);
  const about = (pod: KubeObject) => {
    const { phase } = pod.status as { readonly phase?: string };
    const { nodeName } = pod.spec as { readonly nodeName?: string };
    const [owner] = pod.metadata.ownerReferences ?? [];
    return `pod of ${owner?.kind} ${owner?.name} on ${nodeName} is ${phase}`;
  };
  objects.push(...(pods as unknown as KubeObject[]).map(about).sort(), ...(await claims()));
  const lines = bill();
  return {
    objects,
    machines: lines
      .map(({ machine, instanceType, running }) => `${machine} ${instanceType} ${running ? 'runs' : 'ended'}`)
      .sort(),
    paidSeconds: lines.reduce((sum, { seconds }) => sum + seconds, 0),
    needed: buys ? needs((await client.list(WORKSPACES)).items as unknown as Workspace[]) : undefined,
  };
}

/** A tuning at its end needs nothing any more. */
function needs(workspaces: readonly Workspace[]): number {
  return workspaces.reduce((sum, { status }) => {
    const { plan, state } = status ?? {};
    return sum + (plan?.feasible && state !== 'Succeeded' && state !== 'Failed' ? plan.nodes.count : 0);
  }, 0);
}

/** Machines that run beyond what the Workspaces need, or that are missing; empty when it is as it should be, whatever happened before. */
export function unneeded({ machines, needed }: EndState): readonly string[] {
  const running = machines.filter((machine) => machine.endsWith(' runs'));
  if (needed === undefined || running.length === needed) return [];
  return [`${running.length} machines run and ${needed} are needed: ${running.join(', ')}`];
}

/** A Job that was held back for a while tells of it for ever; one that was made when its node was there already does not. */
function withoutHistory(object: KubeObject): KubeObject {
  if (object.kind !== 'Job') return object;
  const { status } = object as { readonly status?: { readonly conditions?: readonly { readonly type: string }[] } };
  return {
    ...object,
    status: { ...status, conditions: status?.conditions?.filter(({ type }) => type !== 'Suspended') },
  };
}

/** Conditions are a map by their type: in which order they came about means nothing. */
function inOrder(list: readonly unknown[]): readonly unknown[] {
  const typeOf = (one: unknown) => (one as { readonly type?: unknown; readonly status?: unknown } | null)?.type;
  const conditions = list.every((one) => typeof typeOf(one) === 'string' && 'status' in (one as object));
  return conditions ? [...list].sort((a, b) => (String(typeOf(a)) < String(typeOf(b)) ? -1 : 1)) : list;
}

function masked(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(UUID, '(uid)').replace(MOMENT, '(moment)').replace(POD_NAME, 'Pod (name)');
  if (Array.isArray(value)) return inOrder(value).map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => (moments.has(field) ? [] : [[field, masked(inner)]])),
  );
}

/** What one end has and the other has not; empty when they are the same. */
export function difference(found: EndState, wanted: EndState): readonly string[] {
  const more = without(found.objects, wanted.objects);
  const less = without(wanted.objects, found.objects);
  const said: string[] = [];
  for (const text of more) {
    const other = less.find((one) => nameOf(one) === nameOf(text));
    if (other === undefined) said.push(`there is ${nameOf(text)}`);
    else said.push(...changes(nameOf(text), JSON.parse(text), JSON.parse(other)));
  }
  for (const text of less)
    if (!more.some((one) => nameOf(one) === nameOf(text))) said.push(`there is no ${nameOf(text)}`);
  return [
    ...said,
    ...without(found.machines, wanted.machines).map((one) => `a machine was bought: ${one}`),
    ...without(wanted.machines, found.machines).map((one) => `a machine was not bought: ${one}`),
  ];
}

/** `Node aks-ws1`, or the text itself where it is no object. */
function nameOf(text: string): string {
  if (!text.startsWith('{')) return text;
  const { kind, metadata } = JSON.parse(text) as KubeObject;
  return `${kind} ${metadata.name}`;
}

/** Every field that differs, with both values. */
function changes(path: string, found: unknown, wanted: unknown): readonly string[] {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
  const both = [found, wanted];
  if (both.every((one) => typeof one === 'object' && one !== null)) {
    const [a, b] = both as Record<string, unknown>[];
    const fields = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
    return [...fields].flatMap((field) => changes(`${path}.${field}`, a?.[field], b?.[field]));
  }
  return [`${path} is ${JSON.stringify(found)} and should be ${JSON.stringify(wanted)}`];
}

/** The list without the items of another one, each as often as it is there. */
function without(list: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return list.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
