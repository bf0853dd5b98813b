import type { KubeObject, Plan, Unsupported, Workspace } from '@kaito-sdk/core';
import { workspaceLabels } from './labels.js';
import type { TemplateOf } from './render-workload.js';
import { askedKind } from './workload-kind.js';

/** Of several groups, the one that a pod belongs to. */
const GROUP_LABEL = 'kaito.sh/group';

/**
 * The longest name of a StatefulSet whose pods can be made: they carry it in the label controller-revision-hash, with a dash and ten
 * characters, and a label has 63.
 */
export const LONGEST_NAME = 52;

/** What refuses a Workspace that would need a StatefulSet and whose name is too long for one. */
export function nameTooLong(workspace: Workspace, nodes: number): Unsupported | undefined {
  const { metadata } = workspace;
  const several = nodes > 1 || askedKind(workspace) === 'StatefulSet';
  if (!several || metadata.name.length <= LONGEST_NAME) return undefined;
  return {
    supported: false,
    reason: `${metadata.name} has ${metadata.name.length} characters, and pods on several nodes need a name of at most ${LONGEST_NAME}`,
    remedy: 'Give the Workspace a shorter name, or one node.',
  };
}

/** Name of the Service that gives each pod a name of its own. */
export function headlessName({ workspace }: Plan): string {
  return `${workspace.name}-headless`;
}

/** The groups of pods that hold one copy of the model each. Without a pipeline that is all pods: each has a whole copy. */
export function groupNames({ nodes, workspace }: Plan): readonly string[] {
  const groups = nodes.pipeline === undefined ? 1 : nodes.count / nodes.pipeline;
  return Array.from({ length: groups }, (_, index) => (index === 0 ? workspace.name : `${workspace.name}-${index}`));
}

/** The address of the pod that leads a group. Short, so that it holds in clusters with any domain. */
export function leaderAddress(plan: Plan, group: string): string {
  return `${group}-0.${headlessName(plan)}`;
}

/**
 * Pods with names and numbers of their own, one a node. They start at once and together: those that share a model wait for each other,
 * and one that is stuck must not hold a new template back.
 */
export function statefulSet(plan: Plan, name: string, template: TemplateOf): KubeObject {
  const { nodes, workspace } = plan;
  const several = groupNames(plan).length > 1;
  // A selector cannot be changed later, and those of two groups must not meet.
  const matchLabels: Readonly<Record<string, string>> = several
    ? { ...workspaceLabels(plan), [GROUP_LABEL]: name }
    : workspaceLabels(plan);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: workspace.namespace, labels: matchLabels },
    spec: {
      replicas: nodes.pipeline ?? nodes.count,
      serviceName: headlessName(plan),
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      selector: { matchLabels },
      template: template({ group: name, labels: matchLabels }),
    },
  };
}

/** Names for the pods before they are ready: they find each other by them while the model is loading. */
export function headlessService(plan: Plan): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: headlessName(plan), namespace: plan.workspace.namespace, labels: workspaceLabels(plan) },
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [{ name: 'torch', protocol: 'TCP', port: 29500, targetPort: 29500 }],
      selector: workspaceLabels(plan),
    },
  };
}
