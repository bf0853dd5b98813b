import { kubeErrors } from './kube-errors.js';
import type { ResourceKind } from './objects.js';
import { apiVersionOf } from './objects.js';

const known = new Map<string, ResourceKind>();

/**
 * Makes a kind known to {@link kindOf}. Naming the same resource again is fine; a different plural or scope for a known
 * kind is an error, since requests would go astray.
 */
export function registerKind(resource: ResourceKind): ResourceKind {
  const key = `${apiVersionOf(resource)}/${resource.kind}`;
  const had = known.get(key);
  if (had !== undefined && (had.plural !== resource.plural || had.namespaced !== resource.namespaced)) {
    throw kubeErrors.KIND_AMBIGUOUS(
      `${resource.kind} of ${apiVersionOf(resource)}`,
      described(had),
      described(resource),
    );
  }
  if (had !== undefined) return had;
  known.set(key, resource);
  return resource;
}

/** Where objects of this `apiVersion` and `kind` live. Throws for a kind nobody registered, naming it. */
export function kindOf(object: { readonly apiVersion: string; readonly kind: string }): ResourceKind {
  const found = known.get(`${object.apiVersion}/${object.kind}`);
  if (found === undefined) {
    throw kubeErrors.KIND_UNKNOWN(object.apiVersion, object.kind);
  }
  return found;
}

function described({ plural, namespaced }: ResourceKind): string {
  return `${plural} (${namespaced ? 'namespaced' : 'cluster-scoped'})`;
}

function builtIn(apiVersion: string, kind: string, plural: string, namespaced = true): ResourceKind {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return registerKind(Object.freeze({ group: group ?? '', version: version ?? '', kind, plural, namespaced }));
}

export const NAMESPACES = builtIn('v1', 'Namespace', 'namespaces', false);
export const NODES = builtIn('v1', 'Node', 'nodes', false);
export const PODS = builtIn('v1', 'Pod', 'pods');
export const SERVICES = builtIn('v1', 'Service', 'services');
export const ENDPOINTS = builtIn('v1', 'Endpoints', 'endpoints');
export const CONFIG_MAPS = builtIn('v1', 'ConfigMap', 'configmaps');
export const SECRETS = builtIn('v1', 'Secret', 'secrets');
export const SERVICE_ACCOUNTS = builtIn('v1', 'ServiceAccount', 'serviceaccounts');
export const PERSISTENT_VOLUMES = builtIn('v1', 'PersistentVolume', 'persistentvolumes', false);
export const PERSISTENT_VOLUME_CLAIMS = builtIn('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims');
export const DEPLOYMENTS = builtIn('apps/v1', 'Deployment', 'deployments');
export const STATEFUL_SETS = builtIn('apps/v1', 'StatefulSet', 'statefulsets');
export const DAEMON_SETS = builtIn('apps/v1', 'DaemonSet', 'daemonsets');
export const REPLICA_SETS = builtIn('apps/v1', 'ReplicaSet', 'replicasets');
export const CONTROLLER_REVISIONS = builtIn('apps/v1', 'ControllerRevision', 'controllerrevisions');
export const JOBS = builtIn('batch/v1', 'Job', 'jobs');
export const CRON_JOBS = builtIn('batch/v1', 'CronJob', 'cronjobs');
export const LEASES = builtIn('coordination.k8s.io/v1', 'Lease', 'leases');
export const ENDPOINT_SLICES = builtIn('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices');
export const EVENTS = builtIn('events.k8s.io/v1', 'Event', 'events');
export const INGRESSES = builtIn('networking.k8s.io/v1', 'Ingress', 'ingresses');
export const NETWORK_POLICIES = builtIn('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
export const POD_DISRUPTION_BUDGETS = builtIn('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets');
export const ROLES = builtIn('rbac.authorization.k8s.io/v1', 'Role', 'roles');
export const ROLE_BINDINGS = builtIn('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings');
export const CLUSTER_ROLES = builtIn('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false);
export const CLUSTER_ROLE_BINDINGS = builtIn(
  'rbac.authorization.k8s.io/v1',
  'ClusterRoleBinding',
  'clusterrolebindings',
  false,
);
export const STORAGE_CLASSES = builtIn('storage.k8s.io/v1', 'StorageClass', 'storageclasses', false);
export const CRDS = builtIn('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false);
