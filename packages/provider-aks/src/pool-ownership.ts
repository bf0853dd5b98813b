import type { AgentPool } from '@azure/arm-containerservice';
import type { ClaimOwner } from '@kaito-sdk/core';

const NAME = 'kaito.sh/workspace';
const NAMESPACE = 'kaito.sh/workspacenamespace';
const UID = 'kaito-sdk.dev/owner-uid';

/** Keys of the Azure tags, which may not hold a slash. */
const TAGS = { by: 'kaito-managed-by', workspace: 'kaito-workspace', uid: 'kaito-workspace-uid' } as const;

/** Value of the tag by which people in the Azure portal know whose pool this is. */
export const MANAGED_BY = 'kaito-sdk';

/**
 * With this key beside a KAITO label, gpu-provisioner takes a pool for its own and deletes it when no NodeClaim has its name
 * (0.4.3, within about two and a half minutes). Ours never carry it.
 */
export const FOREIGN_OWNERSHIP_KEY = 'karpenter.sh/nodepool';

/** The labels by which nodes belong to one Workspace (KAITO contract: both keys). */
export function ownershipLabels(owner: { readonly namespace: string; readonly name: string }): Record<string, string> {
  return { [NAME]: owner.name, [NAMESPACE]: owner.namespace };
}

/** What a pool carries to say whose it is: labels for the nodes, tags for the Azure portal and the bill. */
export function ownershipOf(owner: ClaimOwner): {
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
} {
  return {
    nodeLabels: { ...ownershipLabels(owner), [UID]: owner.uid },
    tags: { [TAGS.by]: MANAGED_BY, [TAGS.workspace]: `${owner.namespace}.${owner.name}`, [TAGS.uid]: owner.uid },
  };
}

/** The owner that labels name, or undefined when they name none. */
export function ownerFromLabels(
  labels: Readonly<Record<string, string>>,
): Pick<ClaimOwner, 'namespace' | 'name'> | undefined {
  const name = labels[NAME];
  const namespace = labels[NAMESPACE];
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

/** Whose node this is, with the uid of the owner: the labels of its pool. Undefined for one that this SDK did not ask for. */
export function nodeOwner(labels: Readonly<Record<string, string>>): ClaimOwner | undefined {
  const owner = ownerFromLabels(labels);
  const uid = labels[UID];
  return owner === undefined || uid === undefined ? undefined : { ...owner, uid };
}

/** Whose pool this is; undefined for one that this SDK did not make. Labels and the tag must both be there: either alone can be copied by hand. */
export function poolOwner({ nodeLabels = {}, tags = {} }: AgentPool): ClaimOwner | undefined {
  return tags[TAGS.by] === MANAGED_BY ? nodeOwner(nodeLabels) : undefined;
}
