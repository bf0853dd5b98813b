import { createHash } from 'node:crypto';
import type { KubeObject } from '../kube/objects.js';
import type { ClaimOwner, ClaimState } from '../plugin/node-provisioner.js';

const DOMAIN = 'byo.kaito-sdk.dev';
const CLAIM = `${DOMAIN}/claim-`;

/** What stands in the annotation of a node that is claimed. */
export interface ClaimRecord {
  readonly owner: ClaimOwner;
  readonly instanceType: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Extended resources that the workload takes of the node. */
  readonly resources: Readonly<Record<string, number>>;
}

/** Key of the annotation that records a claim. */
export function claimKey(claim: string): string {
  return `${CLAIM}${claim}`;
}

/** The labels that tie a node to a Workspace; a node that several share has them for each. */
export function byoLabels(owner: { readonly namespace: string; readonly name: string }): Record<string, string> {
  const hash = createHash('sha256')
    .update(JSON.stringify([owner.namespace, owner.name]))
    .digest('hex')
    .slice(0, 9);
  return { [`${DOMAIN}/${hash}`]: owner.name, [`${DOMAIN}/${hash}.namespace`]: owner.namespace };
}

/** What of a node's metadata says that a claim has taken it. */
export function byoClaim(
  claim: string,
  record: ClaimRecord,
): { readonly labels: Record<string, string>; readonly annotations: Record<string, string> } {
  return { labels: byoLabels(record.owner), annotations: { [claimKey(claim)]: JSON.stringify(record) } };
}

/** The Workspaces that labels of {@link byoLabels} name. */
export function ownersOf(labels: Readonly<Record<string, string>>): { namespace: string; name: string }[] {
  return Object.entries(labels).flatMap(([key, name]) => {
    const namespace = labels[`${key}.namespace`];
    return key.startsWith(`${DOMAIN}/`) && namespace !== undefined ? [{ namespace, name }] : [];
  });
}

/** Annotation of a node: the namespaces whose Workspaces may have it, with commas between them. Without it: all. */
export const NAMESPACES = `${DOMAIN}/namespaces`;

/** Whether Workspaces of a namespace may have this node. An empty list is one: nobody may. */
export function isOpenTo({ metadata }: KubeObject, namespace: string): boolean {
  const names = metadata.annotations?.[NAMESPACES];
  return names === undefined || names.split(',').some((name) => name.trim() === namespace);
}

/** The claims that a node records, by name; undefined for one that is written by somebody else. */
export function recordsOf({ metadata }: KubeObject): ReadonlyMap<string, ClaimRecord | undefined> {
  const entries = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(CLAIM));
  return new Map(entries.map(([key, text]) => [key.slice(CLAIM.length), parseRecord(text)]));
}

/** The claims of a node, in the words of the contract. */
export function statesOf(node: KubeObject): readonly ClaimState[] {
  const phase = isReady(node) ? 'ready' : 'joined';
  return [...recordsOf(node)].flatMap(([name, record]) => {
    if (!record) return [];
    const { owner, instanceType, createdAt } = record;
    return [{ name, owner, instanceType, createdAt, phase, nodeName: node.metadata.name } as const];
  });
}

export function isReady({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

function parseRecord(text: string): ClaimRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<ClaimRecord> | null;
    const { owner, instanceType, createdAt, resources = {} } = record ?? {};
    if (typeof owner?.uid !== 'string' || typeof instanceType !== 'string' || typeof createdAt !== 'string') return;
    return { owner, instanceType, createdAt, resources };
  } catch {
    return undefined;
  }
}
