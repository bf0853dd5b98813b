import { type ClaimOwner, labelSelectorOf } from '@kaito-sdk/core';

const NAME = 'kaito.sh/workspace';
const NAMESPACE = 'kaito.sh/workspacenamespace';

/** The uid of the owner, as an annotation: a claim of an earlier Workspace of the same name is not this one's. */
export const OWNER_UID = 'kaito-sdk.dev/owner-uid';

/** `true` on a claim that another operator made, and whose owner was written on it afterwards. */
export const INHERITED = 'kaito-sdk.dev/inherited';

/** What makes a claim of another operator one of ours: `kaito adopt` writes it. */
export function inheritance(ownerUid: string): Readonly<Record<string, string>> {
  return { [OWNER_UID]: ownerUid, [INHERITED]: 'true' };
}

/** Every claim of ours carries this key; gpu-provisioner recognises its claims by it too. */
export const OWNED_SELECTOR = NAME;

/** The labels by which claims and their nodes belong to one Workspace (KAITO contract: both keys, on claim and node). */
export function ownershipLabels(owner: { readonly namespace: string; readonly name: string }): Record<string, string> {
  return { [NAME]: owner.name, [NAMESPACE]: owner.namespace };
}

/** The owner that labels name, or undefined when they name none. */
export function ownerFromLabels(
  labels: Readonly<Record<string, string>>,
): Pick<ClaimOwner, 'namespace' | 'name'> | undefined {
  const name = labels[NAME];
  const namespace = labels[NAMESPACE];
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

/** Selects the objects that carry the labels of an owner. */
export function selectorOf(owner: { readonly namespace: string; readonly name: string }): string {
  return labelSelectorOf(ownershipLabels(owner));
}

/** The owner as a value of an index. */
export function ownerKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
