import type { Workspace } from '../api/workspace.js';
import type { KubeObject } from '../kube/objects.js';

/** The cluster as its server has it, a request each: for decisions that a stale cache would spoil. */
export interface ClusterSource {
  node(name: string): Promise<KubeObject | undefined>;
  /** Pods that carry the Workspace's label. */
  pods(workspace: Workspace): Promise<readonly KubeObject[]>;
  /** The live version of a rendered object. */
  live(workspace: Workspace, object: KubeObject): Promise<KubeObject | undefined>;
}

/**
 * What the phases of a Workspace need of the cluster. Reads come from watched caches and cost no request; writes are idempotent,
 * and those that would change nothing make no request.
 */
export interface WorkspaceCluster {
  /** Adds our finalizer when it is missing. False when that is not possible any more: the Workspace is gone, or going. */
  ensureFinalizer(workspace: Workspace): Promise<boolean>;
  removeFinalizer(workspace: Workspace): Promise<void>;
  /**
   * Makes the objects that the Workspace owns equal to these: applies what differs, removes the others.
   *
   * @param keep what stays as it is
   */
  apply(workspace: Workspace, objects: readonly KubeObject[], keep?: readonly KubeObject[]): Promise<void>;
  /**
   * Sees to it that a workload which another operator made under this name is seen from now on, and changes nothing about its pods. False
   * when there is none that is the Workspace's.
   */
  takeOver(workspace: Workspace, object: KubeObject): Promise<boolean>;
  /**
   * Lets the server judge an object (quota, LimitRange, pod security, image policy) without storing it. Throws too where something of its
   * name is somebody else's.
   */
  dryRun(workspace: Workspace, object: KubeObject): Promise<void>;
  /** Whether this is another rendering than the one that was applied last; drift of the live object is none. */
  changes(workspace: Workspace, object: KubeObject): boolean;
  /** What the Workspace asked for before, as it was kept. */
  revisions(workspace: Workspace): readonly KubeObject[];
  createRevision(revision: KubeObject): Promise<void>;
  dropRevision(revision: KubeObject): Promise<void>;
  /**
   * Whether a Secret or ConfigMap of the Workspace's namespace has all these keys, asked of the server; undefined where we may not
   * look. Asked only before nodes are.
   */
  has(
    workspace: Workspace,
    kind: 'Secret' | 'ConfigMap',
    name: string,
    keys: readonly string[],
  ): Promise<boolean | undefined>;
  /** The live version of a rendered object. */
  live(workspace: Workspace, object: KubeObject): KubeObject | undefined;
  /** Pods that carry the Workspace's label. */
  pods(workspace: Workspace): readonly KubeObject[];
  node(name: string): KubeObject | undefined;
  /** The same, asked of the server. */
  readonly source: ClusterSource;
  /** Every node of the cluster. */
  nodes(): readonly KubeObject[];
  /** Every DaemonSet of the cluster, asked of the server: looked at only when a device did not show up in time. */
  daemonSets(): Promise<readonly KubeObject[]>;
}
