import { kubeErrors } from './kube-errors.js';
import type { KubeObject, OwnerReference } from './objects.js';

/** Says on an object that cannot have an owner reference whose it is: `Kind/namespace/name`. */
const ownerAnnotation = 'kaito-sdk.io/owner';

/** The reference by which `owner` controls an object, and by which the garbage collector finds it. */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined) throw kubeErrors.OWNER_NOT_STORED(owner);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The reference of the object that controls this one. */
export function controllingOwner(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The annotation by which {@link labelledOwner} finds the owner again. */
export function ownerMark({ kind, metadata }: KubeObject): Readonly<Record<string, string>> {
  return { [ownerAnnotation]: `${kind}/${metadata.namespace ?? ''}/${metadata.name}` };
}

/**
 * Whom an object belongs to that could not be given an owner reference (see `ApplierOptions.ownerLabel`): what a controller's
 * `watches` maps it to.
 */
export function labelledOwner(
  object: KubeObject,
): { readonly kind: string; readonly namespace: string; readonly name: string } | undefined {
  const [kind, namespace, name] = object.metadata.annotations?.[ownerAnnotation]?.split('/') ?? [];
  return kind === undefined || namespace === undefined || name === undefined ? undefined : { kind, namespace, name };
}

/** The garbage collector takes an owner that it cannot see from where the object lives for a missing one, and deletes. */
export function outOfReach(namespaced: boolean, namespace: string | undefined, owner: KubeObject): boolean {
  const home = owner.metadata.namespace;
  return home !== undefined && (!namespaced || namespace !== home);
}

/** Whose an object is, when it is not the owner's. */
export function isOwnedByAnother(
  live: KubeObject,
  owner: KubeObject,
): { readonly kind: string; readonly name: string } | undefined {
  const controller = controllingOwner(live);
  if (controller !== undefined) return controller.uid === owner.metadata.uid ? undefined : controller;
  const other = labelledOwner(live);
  // By name: an owner that was deleted and made again takes what its predecessor left behind.
  const { kind, metadata } = owner;
  const same = other?.kind === kind && other.namespace === (metadata.namespace ?? '') && other.name === metadata.name;
  return other === undefined || same ? undefined : other;
}
