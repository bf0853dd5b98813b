import { nodeLabelsOf } from '../api/label-selector.js';
import type { Workspace } from '../api/workspace.js';
import type { Catalogs } from '../plan/catalogs.js';
import type { NodeProvisioner } from '../plugin/node-provisioner.js';

/** The catalogs with what the provisioner has for this Workspace already, where it is one that has nodes and buys none. */
export function withStock(catalogs: Catalogs, provisioner: NodeProvisioner, workspace: Workspace): Catalogs {
  if (!provisioner.stock) return catalogs;
  const { name, namespace = '', uid = '' } = workspace.metadata;
  const stock = provisioner.stock({
    owner: { name, namespace, uid },
    labels: nodeLabelsOf(workspace.resource?.labelSelector),
    catalogs: catalogs.instances,
  });
  return { ...catalogs, stock };
}
