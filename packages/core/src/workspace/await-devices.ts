import { done, waiting } from '../engine/outcome.js';
import type { KubeObject } from '../kube/objects.js';
import { claimNames } from './claim-names.js';
import type { Phase } from './workspace-context.js';

/**
 * Waits until each node is Ready and shows its GPUs. A node that joined is not enough: driver and device plugin come minutes
 * later, and a claim of Karpenter is Ready without them (it knows only the resources it asked for).
 */
export const awaitDevices: Phase = async ({ owner, plan, provisioner, cluster, status }) => {
  const wanted = new Set(claimNames(owner, plan.nodes.instanceType, plan.nodes.count));
  const claims = (await provisioner.observe(owner)).filter((claim) => wanted.has(claim.name));
  const unready = claims.find((claim) => claim.phase !== 'ready');
  if (unready) {
    const message = `node ${unready.nodeName ?? unready.name} has joined and is not ready yet${unready.message ? `: ${unready.message}` : ''}`;
    status.condition('NodeClaimReady', 'False', 'NodeClaimNotReady', message);
    return waiting('NodeClaimNotReady', message);
  }
  status.condition('NodeClaimReady', 'True', 'NodeClaimsReady', `${claims.length} of ${claims.length} nodes are ready`);
  for (const claim of claims) {
    const node = cluster.node(claim.nodeName ?? '');
    const lack = lacking(node, plan.nodes.gpuResource, plan.nodes.gpusPerNode);
    if (lack) {
      const message = `node ${claim.nodeName}: ${lack.message}`;
      status.condition('ResourceReady', 'False', lack.reason, message);
      return waiting(lack.reason, message);
    }
  }
  const message = `${claims.length} x ${plan.nodes.instanceType} with ${plan.nodes.gpusPerNode} ${plan.nodes.gpuResource} each`;
  status.condition('ResourceReady', 'True', 'workspaceResourceStatusSuccess', message);
  return done;
};

function lacking(
  node: KubeObject | undefined,
  resource: string,
  count: number,
): { reason: string; message: string } | undefined {
  if (!node) return { reason: 'NodeNotReady', message: 'the node object is not there' };
  const { conditions = [], allocatable = {} } = (node.status ?? {}) as NodeStatus;
  const ready = conditions.find((condition) => condition.type === 'Ready');
  if (ready?.status !== 'True') {
    return { reason: 'NodeNotReady', message: `not ready: ${ready?.message ?? 'no Ready condition yet'}` };
  }
  const shown = Number(allocatable[resource] ?? 0);
  if (shown >= count) return undefined;
  const message = `shows ${shown} of ${count} ${resource}; driver and device plugin are still starting, or the device plugin is missing`;
  return { reason: 'NodePluginsNotReady', message };
}

interface NodeStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  readonly allocatable?: Readonly<Record<string, string | number>>;
}
