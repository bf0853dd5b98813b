import type { KubeObject, Plan } from '@kaito-sdk/core';
import { workspaceLabels } from './labels.js';
import { type PodParts, podSpec } from './pod.js';

/**
 * Seconds that a rollout may take before the engine starts: the pod exists from the node's join on, and waits for driver, device
 * plugin and image. KAITO's own trace of a cold start has about 550 s before the engine; the default deadline of a Deployment
 * (600 s) is shorter than most starts.
 */
const BEFORE_START = 1800;

/** One pod a node (of several only where the kind is asked for), each with all GPUs of its node and a whole copy of the model. */
export function deployment(plan: Plan, template: Readonly<Record<string, unknown>>): KubeObject {
  const labels = workspaceLabels(plan);
  const { name, namespace } = plan.workspace;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: plan.nodes.count,
      // No surge: there is no spare node for a pod more.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      progressDeadlineSeconds: plan.engine.startupSeconds + BEFORE_START,
      selector: { matchLabels: labels },
      template,
    },
  };
}

/** The pod template of a workload. */
export function podTemplate(plan: Plan, parts: PodParts): Readonly<Record<string, unknown>> {
  const labels = workspaceLabels(plan);
  const { podAnnotations: annotations = {}, podLabels = {} } = parts;
  return {
    metadata: { labels: { ...podLabels, ...labels }, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: podSpec(plan, parts),
  };
}
