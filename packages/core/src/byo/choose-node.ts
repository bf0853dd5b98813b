import type { KubeObject } from '../kube/objects.js';
import type { InstanceCatalog } from '../plugin/instance-catalog.js';
import type { ClaimRequest } from '../plugin/node-provisioner.js';
import { INSTANCE_TYPE, unlike } from './alike.js';
import { isOpenTo, isReady, recordsOf } from './node-claims.js';

/** A node that a provisioner made for one Workspace is nobody else's. */
export const PROVISIONED = 'kaito.sh/workspace';

export interface Choice {
  /** The only nodes that may be taken, by name. */
  readonly among: ReadonlySet<string> | 'all';
  /** What is known of the types that nodes only name. */
  readonly instances: readonly InstanceCatalog[];
}

/** A node for the request, or why each of those that were looked at will not do. */
export function chooseNode(
  request: ClaimRequest,
  all: readonly KubeObject[],
  choice: Choice = { among: 'all', instances: [] },
): KubeObject | string {
  const { among } = choice;
  const nodes = among === 'all' ? all : all.filter(({ metadata }) => among.has(metadata.name));
  const mine = all.filter((node) => [...recordsOf(node).values()].some((one) => one?.owner.uid === request.owner.uid));
  const looked = nodes.map((node) => ({ node, misfit: misfit(request, node, mine, choice) }));
  const fit = looked.filter(({ misfit: why }) => why === undefined).map(({ node }) => node);
  const rank = (node: KubeObject) => {
    const preferred = request.preferredNodes?.indexOf(node.metadata.name) ?? -1;
    return preferred < 0 ? Number.MAX_SAFE_INTEGER : preferred;
  };
  // The fullest that still has room, so that whole nodes stay free for those who need one.
  const [best] = fit.sort(
    (a, b) => rank(a) - rank(b) || room(a, request) - room(b, request) || (a.metadata.name < b.metadata.name ? -1 : 1),
  );
  if (best) return best;
  const reasons = looked.slice(0, 5).map(({ node, misfit: why }) => `${node.metadata.name} ${why}`);
  const gone =
    among === 'all' ? [] : [...among].filter((name) => !nodes.some(({ metadata }) => metadata.name === name));
  const told = [...reasons, ...gone.map((name) => `${name} is not in the cluster`)];
  return told.length === 0 ? 'the cluster has no node' : told.join('; ');
}

function misfit(
  request: ClaimRequest,
  node: KubeObject,
  mine: readonly KubeObject[],
  choice: Choice,
): string | undefined {
  const { name, labels = {}, deletionTimestamp } = node.metadata;
  const { unschedulable } = (node.spec ?? {}) as { readonly unschedulable?: boolean };
  const wrong = Object.entries(request.labels).find(([key, value]) => labels[key] !== value);
  if (wrong) return `has no label ${wrong[0]}=${wrong[1]}`;
  if (PROVISIONED in labels) return 'was made for another Workspace';
  if (!isOpenTo(node, request.owner.namespace)) return `is not for the namespace ${request.owner.namespace}`;
  const type = labels[INSTANCE_TYPE];
  const preferred = request.preferredNodes?.includes(name) ?? false;
  if (type !== undefined && type !== request.instanceType && !preferred) return `is a ${type}`;
  if (deletionTimestamp !== undefined) return 'is being deleted';
  if (!isReady(node)) return 'is not ready';
  if (unschedulable) return 'is cordoned';
  if (mine.some((other) => other.metadata.name === name)) return 'is claimed by this Workspace already';
  const short = Object.entries(request.resources ?? {}).find(([resource, count]) => free(node, resource) < count);
  if (short) return `has ${free(node, short[0])} of ${short[1]} ${short[0]} free`;
  const other = unlike(request, node, choice);
  if (other !== undefined) return other;
  const model = mine.find((other) => !uniform(other, node, Object.keys(request.resources ?? {})));
  return model && `has other GPUs than ${model.metadata.name}, and all nodes of a Workspace must be alike`;
}

/** What no claim has taken yet. A node that lost devices may have less than was taken of it. */
function free(node: KubeObject, resource: string): number {
  const taken = [...recordsOf(node).values()].reduce((sum, one) => sum + (one?.resources[resource] ?? 0), 0);
  return Math.max(0, allocatable(node, resource) - taken);
}

function room(node: KubeObject, { resources = {} }: ClaimRequest): number {
  return Object.keys(resources).reduce((sum, resource) => sum + free(node, resource), 0);
}

function allocatable({ status }: KubeObject, resource: string): number {
  const { allocatable: all = {} } = (status ?? {}) as { readonly allocatable?: Readonly<Record<string, unknown>> };
  return Number(all[resource] ?? 0);
}

/** Alike: as many GPUs, and of the same product where the nodes say so (a label `…/gpu.product`). */
function uniform(a: KubeObject, b: KubeObject, resources: readonly string[]): boolean {
  return (
    resources.every((resource) => allocatable(a, resource) === allocatable(b, resource)) && product(a) === product(b)
  );
}

function product({ metadata }: KubeObject): string | undefined {
  return Object.entries(metadata.labels ?? {}).find(([key]) => key.endsWith('/gpu.product'))?.[1];
}
