import { isForbidden } from '../kube/errors.js';
import type { KubeObject } from '../kube/objects.js';
import type { WorkspaceCluster } from './workspace-cluster.js';

/** Where the kubelet listens for device plugins (Kubernetes documentation): whatever registers one must mount it. */
const PLUGIN_FOLDER = '/var/lib/kubelet/device-plugins';

/**
 * Whether anything in this cluster makes devices of that resource visible. When nothing does, another node would show none either.
 * Signs: a node that lists the resource, even with none left; a DaemonSet that mounts the kubelet's folder for device plugins.
 * Where DaemonSets may not be listed, the doubt counts for the plugin: the node is then taken for a bad one.
 */
export async function hasDevicePlugin(cluster: WorkspaceCluster, resource: string): Promise<boolean> {
  if (cluster.nodes().some((node) => lists(node, resource))) return true;
  try {
    return (await cluster.daemonSets()).some(mountsPluginFolder);
  } catch (error) {
    if (isForbidden(error)) return true;
    throw error;
  }
}

function lists({ status }: KubeObject, resource: string): boolean {
  const { capacity = {}, allocatable = {} } = (status ?? {}) as {
    readonly capacity?: Readonly<Record<string, unknown>>;
    readonly allocatable?: Readonly<Record<string, unknown>>;
  };
  return resource in capacity || resource in allocatable;
}

function mountsPluginFolder({ spec }: KubeObject): boolean {
  const { template } = (spec ?? {}) as {
    readonly template?: {
      readonly spec?: { readonly volumes?: readonly { readonly hostPath?: { readonly path?: string } }[] };
    };
  };
  return (template?.spec?.volumes ?? []).some(({ hostPath }) => hostPath?.path?.replace(/\/$/, '') === PLUGIN_FOLDER);
}
