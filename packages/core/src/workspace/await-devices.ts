import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import { lacking } from './node-stage.js';
import type { Phase } from './workspace-context.js';

/**
 * Waits until each node is Ready and shows its GPUs. A node that joined is not enough: driver and device plugin come minutes
 * later, and a claim of Karpenter is Ready without them (it knows only the resources it asked for).
 */
export const awaitDevices: Phase = async (context) => {
  const { owner, plan, provisioner, cluster, status, wanted } = context;
  const claims = (await provisioner.observe(owner)).filter((claim) => wanted.includes(claim.name));
  const unready = claims.find((claim) => claim.phase !== 'ready');
  if (unready) {
    const said = unready.message ? `: ${unready.message}` : '';
    const message = context.withDoubts(
      `node ${unready.nodeName ?? unready.name} has joined and is not ready yet${said}`,
    );
    status.condition(conditionTypes.nodeClaimReady, 'False', conditionReasons.nodeClaimNotReady, message);
    return waiting(conditionReasons.nodeClaimNotReady, message);
  }
  status.condition(
    conditionTypes.nodeClaimReady,
    'True',
    conditionReasons.nodeClaimsReady,
    `${claims.length} of ${claims.length} nodes are ready`,
  );
  const devices = { resource: plan.nodes.gpuResource, count: plan.nodes.gpusPerNode };
  for (const claim of claims) {
    const lack = lacking(cluster.node(claim.nodeName ?? ''), devices);
    if (lack) {
      const message = context.withDoubts(`node ${claim.nodeName}: ${lack.message}`);
      status.condition(conditionTypes.resourceReady, 'False', lack.reason, message);
      return waiting(lack.reason, message);
    }
  }
  const message = `${claims.length} x ${plan.nodes.instanceType} with ${plan.nodes.gpusPerNode} ${plan.nodes.gpuResource} each`;
  status.condition(conditionTypes.resourceReady, 'True', conditionReasons.resourceReady, message);
  return done;
};
