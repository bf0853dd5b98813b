import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import type { Causes } from './causes.js';
import type { Resource, Surroundings } from './resource.js';

/** Puts a new object where the request says; the two must not contradict each other. @throws {ApiError} 400 */
export function placeIn(resource: Resource, namespace: string | undefined, next: KubeObject): void {
  const { metadata } = next;
  if (!resource.namespaced) {
    if (metadata.namespace) {
      throw ApiError.badRequest('namespace must not be provided for a cluster-scoped object');
    }
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace && namespace !== undefined && metadata.namespace !== namespace) {
    throw ApiError.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const place = namespace ?? metadata.namespace;
  if (!place) throw ApiError.badRequest('an empty namespace may not be set during creation');
  metadata.namespace = place;
}

/** The namespace of a new object is there and stays. @throws {ApiError} 404, 403 */
export function checkNamespace(resource: Resource, next: KubeObject, around: Surroundings): void {
  const namespace = next.metadata.namespace ?? '';
  const found = around.store.get('/namespaces', `/${namespace}`);
  if (found === undefined) throw ApiError.notFound({ group: '', plural: 'namespaces' }, namespace);
  if (found.metadata.deletionTimestamp !== undefined) {
    throw ApiError.forbidden(
      resource,
      next.metadata.name ?? '',
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    );
  }
}

/**
 * A change is of the object that it says, and of the state of it that it says. The uid in a patch is no precondition, but a field like any
 * other: see {@link validateUid}.
 * @throws {ApiError} 400, 409, 422
 */
export function checkIdentity(
  resource: Resource,
  namespace: string | undefined,
  live: KubeObject,
  next: KubeObject,
  patched: boolean,
): void {
  const { metadata } = next;
  const { name } = live.metadata;
  if (metadata.name && metadata.name !== name) {
    throw ApiError.badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (metadata.namespace && namespace !== undefined && metadata.namespace !== namespace) {
    throw ApiError.badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the URL (${namespace})`,
    );
  }
  const { resourceVersion } = metadata;
  if (resource.strategy.conditional === true && (!resourceVersion || resourceVersion === '0')) {
    throw ApiError.invalid({ group: resource.group, kind: resource.plural }, name, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ]);
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== live.metadata.resourceVersion) {
    throw ApiError.conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  if (!patched && metadata.uid && metadata.uid !== live.metadata.uid) {
    throw ApiError.conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${live.metadata.uid}`,
    );
  }
}

/** A patch cannot change the uid. In one of the status of a custom resource the real server reads no metadata at all (measured on kube-apiserver 1.34.4). */
export function validateUid(
  resource: Resource,
  uid: string | undefined,
  live: KubeObject,
  subresource: string | undefined,
  causes: Causes,
): void {
  if (!uid || uid === live.metadata.uid || (resource.custom && subresource === 'status')) return;
  causes.invalid('metadata.uid', uid, 'field is immutable');
}
