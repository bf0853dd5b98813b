import type { KubeObject, Plan, Workspace } from '@kaito-sdk/core';
import { wantsLoadBalancer } from './annotations.js';
import { workspaceLabels } from './labels.js';

/** Number of a pod in its StatefulSet, as a label that the controller sets (Kubernetes 1.28 and later). */
export const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

/** Rendezvous port of torch. KAITO's Service has it, and people's scripts look for it. */
const TORCH_PORT = 29500;

/** The pods that answer: all of them, or of each group that shares a model the one that leads it. */
function answering(plan: Plan): Readonly<Record<string, string>> {
  if (plan.nodes.pipeline === undefined) return workspaceLabels(plan);
  return { ...workspaceLabels(plan), [POD_INDEX_LABEL]: '0' };
}

/**
 * The Service: named as the Workspace, 80 to the engine. KAITO sets publishNotReadyAddresses, which several nodes need to find
 * each other; every node here serves a whole copy by itself, and a client must rather be told that nothing is ready than be sent
 * to an engine that is still loading.
 */
export function service(plan: Plan, workspace: Workspace): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: plan.workspace.name, namespace: plan.workspace.namespace, labels: workspaceLabels(plan) },
    spec: {
      type: wantsLoadBalancer(workspace) ? 'LoadBalancer' : 'ClusterIP',
      publishNotReadyAddresses: false,
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: plan.engine.port },
        { name: 'torch', protocol: 'TCP', port: TORCH_PORT, targetPort: TORCH_PORT },
      ],
      selector: answering(plan),
    },
  };
}
