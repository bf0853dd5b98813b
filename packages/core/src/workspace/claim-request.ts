import type { ClaimRequest } from '../plugin/node-provisioner.js';
import type { ProvisioningDeferred } from '../plugin/provisioning-deferred.js';
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

/** What is said of a claim that the provisioner puts off: its own words speak of what it is busy with, and not of the node that waits. */
export function putOffText({ plan }: WorkspaceContext, name: string, { message }: ProvisioningDeferred): string {
  return `node ${name} (${plan.nodes.instanceType}) is not asked for yet: ${message}`;
}
