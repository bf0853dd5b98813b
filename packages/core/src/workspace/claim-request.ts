import type { ClaimRequest } from '../plugin/node-provisioner.js';
import type { WorkspaceContext } from './workspace-context.js';

/** One node of the Plan, as a provisioner is asked for it. */
export function requestFor({ owner, plan: { nodes } }: WorkspaceContext, name: string): ClaimRequest {
  const { preferred } = nodes;
  return {
    name,
    owner,
    instanceType: nodes.instanceType,
    capacityType: nodes.capacityType,
    diskBytes: nodes.diskBytes,
    labels: nodes.labels,
    resources: nodes.gpusPerNode === 0 ? {} : { [nodes.gpuResource]: nodes.gpusPerNode },
    gpu: nodes.gpu,
    ...(nodes.zone === undefined ? {} : { zone: nodes.zone }),
    ...(preferred === undefined ? {} : { preferredNodes: preferred.names }),
  };
}
