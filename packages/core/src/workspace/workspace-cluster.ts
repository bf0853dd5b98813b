import type { Workspace } from '../api/workspace.js';
import type { KubeObject } from '../kube/objects.js';

/**
 * What the phases of a Workspace need of the cluster. Reads come from watched caches and cost no request; writes are idempotent,
 * and those that would change nothing make no request.
 */
export interface WorkspaceCluster {
  /** Adds our finalizer when it is missing. */
  ensureFinalizer(workspace: Workspace): Promise<void>;
  removeFinalizer(workspace: Workspace): Promise<void>;
  /** Makes the objects that the Workspace owns equal to these: applies what differs, removes the others. */
  apply(workspace: Workspace, objects: readonly KubeObject[]): Promise<void>;
  /** Lets the server judge an object (quota, LimitRange, pod security, image policy) without storing it. */
  dryRun(workspace: Workspace, object: KubeObject): Promise<void>;
  /** The live version of a rendered object. */
  live(workspace: Workspace, object: KubeObject): KubeObject | undefined;
  /** Pods that carry the Workspace's label. */
  pods(workspace: Workspace): readonly KubeObject[];
  node(name: string): KubeObject | undefined;
  /** Every node of the cluster. */
  nodes(): readonly KubeObject[];
  /** Every DaemonSet of the cluster, asked of the server: looked at only when a device did not show up in time. */
  daemonSets(): Promise<readonly KubeObject[]>;
}
