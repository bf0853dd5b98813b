export * from './applied.js';
export * from './applier.js';
export * from './cached-object.js';
export * from './client.js';
export {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isObjectMissing,
  isTooManyRequests,
  KubeError,
  type RefusalCause,
  type RefusalDetails,
  ServerUnreachable,
} from './errors.js';
export * from './finalizer.js';
export * from './https-transport.js';
export * from './in-cluster-access.js';
export * from './informer.js';
export * from './kinds.js';
export * from './kube-config-transport.js';
export * from './kube-errors.js';
export { labelSelectorOf } from './label-selector.js';
export * from './lenient-json.js';
export * from './migrate-managers.js';
export * from './objects.js';
export { controllingOwner, labelledOwner, ownerReference } from './ownership.js';
export { type PodLogRequest, type PodLogs, podLogs } from './pod-logs.js';
export * from './quantity.js';
export type { FirstList, ReflectorTrouble } from './reflector.js';
export * from './replacement.js';
export * from './rest-client.js';
export * from './server-access.js';
export * from './transport.js';
export * from './watch-cache.js';
export * from './write-through.js';
