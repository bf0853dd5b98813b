/*
 * The names by which Workspaces, their nodes and their pods are tied together: those of KAITO v0.3 and of its head (about 0.12), so that
 * dashboards and habits carry over.
 */

/** The API group of Workspaces. */
export const API_GROUP = 'kaito.sh';

/** Keeps a Workspace until its nodes are gone. */
export const WORKSPACE_FINALIZER = 'workspace.finalizer.kaito.sh';

/** Labels that the operator writes. Users may not select by them: they say whose a node is. */
export const labels = {
  /** On claims, nodes, pods, Jobs and PVCs: the name of the Workspace. */
  workspace: 'kaito.sh/workspace',
  /** On claims and nodes: the namespace of the Workspace. */
  workspaceNamespace: 'kaito.sh/workspacenamespace',
  /** On revisions: the name of the Workspace. */
  revisionOwner: 'workspace.kaito.io/name',
  /** On Workspaces and pods: the InferenceSet that made them. */
  createdByInferenceSet: 'inferenceset.kaito.sh/created-by',
} as const;

/** Annotations of a Workspace that users write, unless it says otherwise. */
export const annotations = {
  /** Which runtime to take; left out, the planner decides. */
  runtime: 'kaito.sh/runtime',
  /** `True`, in just this case: the Service is of type LoadBalancer. */
  enableLoadBalancer: 'kaito.sh/enablelb',
  /** Its presence turns a shortage of GPU memory into a warning. */
  bypassResourceChecks: 'kaito.sh/bypass-resource-checks',
  /** Family of the node's operating system image; what families there are is the provisioner's to say. */
  nodeImageFamily: 'kaito.sh/node-image-family',
  /** Class of the nodes, as the provisioner names it. */
  nodeClassName: 'kaito.sh/node-class-name',
  /** `true`: no benchmark at start. */
  disableBenchmark: 'kaito.sh/disable-benchmark',
  /** See {@link PERFORMANCE_MODES}. */
  performanceMode: 'kaito.sh/performance-mode',
  /** `true` or `false`: read the weights from the node's disk. */
  useLocalWeights: 'kaito.sh/use-local-weights',
  /** `disabled`: do not stream the weights. */
  modelStreaming: 'kaito.sh/model-streaming',
  /**
   * `Deployment` or `StatefulSet`: the kind of the workload, where it is not to be the operator's choice. `kaito adopt` writes it for a workload
   * that another operator made, whose pods would not outlive a change of kind.
   */
  workloadKind: 'kaito.sh/workload-kind',
  /**
   * Written by `kaito adopt`: what the Workspace asked for when its workload was taken over (see `adoptedSpecOf`). As long as it asks for the same,
   * the workload stays as it was found.
   */
  adoptedSpec: 'kaito.sh/adopted-spec',
  /** Written by the operator: hash of what was asked for. */
  hash: 'workspace.kaito.io/hash',
  /** Written by the operator: number of the revision. */
  revision: 'workspace.kaito.io/revision',
} as const;

/** Values of {@link annotations.performanceMode}; the first is the default. */
export const PERFORMANCE_MODES = ['balanced', 'interactivity', 'throughput'] as const;

/** The slices that GPUs can be cut into, of all models together: those that KAITO v0.12.0 knows. */
export const MIG_PROFILES: readonly string[] = [
  '1g.5gb',
  '1g.6gb',
  '1g.10gb',
  '1g.12gb',
  '1g.18gb',
  '1g.20gb',
  '1g.23gb',
  '1g.24gb',
  '1g.35gb',
  '1g.45gb',
  '2g.10gb',
  '2g.12gb',
  '2g.20gb',
  '2g.24gb',
  '2g.35gb',
  '2g.45gb',
  '3g.20gb',
  '3g.40gb',
  '3g.47gb',
  '3g.48gb',
  '3g.71gb',
  '3g.90gb',
  '4g.20gb',
  '4g.24gb',
  '4g.40gb',
  '4g.47gb',
  '4g.48gb',
  '4g.71gb',
  '4g.90gb',
  '7g.40gb',
  '7g.80gb',
  '7g.94gb',
  '7g.96gb',
  '7g.141gb',
  '7g.180gb',
];

/**
 * Whether a label key is one that the operator writes on nodes (KAITO's identity labels). A selector that held one could catch the nodes of
 * another Workspace.
 */
export function isReservedLabel(key: string): boolean {
  return /^(kaito\.sh\/(workspace|ragengine)|karpenter\.kaito\.sh\/|workspace\.kaito\.io\/)|^([a-z0-9-]+\.)?kaito-sdk\.dev\//.test(
    key,
  );
}

/**
 * Whether a label key belongs to the cluster: roles, zones, hosts, the labels by which administrators hold tenants apart
 * (`node-restriction.kubernetes.io`, which no kubelet may set), and those of the provisioners. A node that somebody made with one of these
 * would draw pods and traffic that are not his.
 */
export function isClusterLabel(key: string): boolean {
  const domain = key.slice(0, Math.max(0, key.indexOf('/')));
  return CLUSTER_DOMAINS.some((one) => domain === one || domain.endsWith(`.${one}`));
}

const CLUSTER_DOMAINS: readonly string[] = ['kubernetes.io', 'k8s.io', 'karpenter.sh'];
