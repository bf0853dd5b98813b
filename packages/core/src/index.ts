export * from './api/index.js';
export type { Clock } from './clock.js';
export * from './engine/controller.js';
export * from './engine/controller-metrics.js';
export * from './engine/engine-errors.js';
export * from './engine/events.js';
export * from './engine/fenced-transport.js';
export * from './engine/health-server.js';
export * from './engine/leader-election.js';
export * from './engine/log.js';
export * from './engine/metered-transport.js';
export * from './engine/metrics.js';
export * from './engine/micro-time.js';
export * from './engine/object-key.js';
export * from './engine/operator.js';
export * from './engine/outcome.js';
export * from './engine/system-clock.js';
export * from './engine/work-queue.js';
export * from './errors.js';
export * from './kube/applied.js';
export * from './kube/applier.js';
export * from './kube/cached-object.js';
export * from './kube/client.js';
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
} from './kube/errors.js';
export * from './kube/finalizer.js';
export * from './kube/https-transport.js';
export * from './kube/in-cluster-access.js';
export * from './kube/informer.js';
export * from './kube/kinds.js';
export * from './kube/kube-config-transport.js';
export * from './kube/kube-errors.js';
export * from './kube/migrate-managers.js';
export * from './kube/objects.js';
export { controllerOf, labelledOwner, ownerReference } from './kube/ownership.js';
export * from './kube/quantity.js';
export type { FirstList, ReflectorTrouble } from './kube/reflector.js';
export * from './kube/replacement.js';
export * from './kube/rest-client.js';
export * from './kube/server-access.js';
export * from './kube/transport.js';
export * from './kube/watch-cache.js';
export * from './kube/write-through.js';
export * from './plan/adapter-memory.js';
export * from './plan/architecture-from-config.js';
export * from './plan/bytes.js';
export * from './plan/catalogs.js';
export * from './plan/explain.js';
export * from './plan/fit-table.js';
export * from './plan/instance-overrides.js';
export * from './plan/instance-type-from-node.js';
export * from './plan/kaito-estimator.js';
export * from './plan/memory-fit.js';
export * from './plan/model-memory.js';
export * from './plan/plan.js';
export * from './plan/plan-hash.js';
export * from './plan/plan-workspace.js';
export * from './plan/preset-from-config.js';
export * from './plan/tuning-memory.js';
export * from './plugin/check-preset-pack.js';
export * from './plugin/container.js';
export * from './plugin/define-plugin.js';
export * from './plugin/errors.js';
export * from './plugin/instance-catalog.js';
export * from './plugin/load-plugins.js';
export * from './plugin/node-provisioner.js';
export * from './plugin/plugin-config.js';
export * from './plugin/plugin-registry.js';
export * from './plugin/preset-pack.js';
export * from './plugin/provisioner-plugin.js';
export * from './plugin/provisioning-error.js';
export * from './plugin/runtime.js';
export * from './resource/index.js';
export * from './workspace/claim-names.js';
export * from './workspace/reconcile-workspace.js';
export * from './workspace/workspace-controller.js';
