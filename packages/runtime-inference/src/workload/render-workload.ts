import type { KubeObject, Plan, Workspace } from '@kaito-sdk/core';
import { deployment, podTemplate } from './deployment.js';
import type { PodParts } from './pod.js';
import { service } from './service.js';
import { groupNames, headlessService, statefulSet } from './stateful-set.js';
import { workloadKind } from './workload-kind.js';

/** One pod template for each group of pods; the labels are those that its selector wants. */
export type TemplateOf = (about: {
  readonly group: string;
  readonly labels?: Readonly<Record<string, string>>;
}) => Readonly<Record<string, unknown>>;

/**
 * The objects of an inference workload in the order in which they are applied: what pods refer to comes before the pods. Owner
 * references are not in them; whoever applies them knows the owner.
 *
 * @param parts of the pods, or of those of one group where several hold one copy of the model each
 */
export function renderWorkload(
  plan: Plan,
  workspace: Workspace,
  parts: PodParts | ((group: string) => PodParts),
  before: readonly KubeObject[] = [],
): readonly KubeObject[] {
  const partsOf = typeof parts === 'function' ? parts : () => parts;
  const template: TemplateOf = ({ group, labels }) => {
    const own = partsOf(group);
    return podTemplate(plan, { ...own, podLabels: { ...own.podLabels, ...labels } });
  };
  return renderPods(plan, workspace, template, before);
}

/** The same for pods that come from elsewhere. */
export function renderPods(
  plan: Plan,
  workspace: Workspace,
  template: TemplateOf,
  before: readonly KubeObject[] = [],
): readonly KubeObject[] {
  if (workloadKind(plan, workspace) === 'Deployment') {
    return [service(plan, workspace), ...before, deployment(plan, template({ group: plan.workspace.name }))];
  }
  const sets = groupNames(plan).map((group) => statefulSet(plan, group, template));
  return [service(plan, workspace), headlessService(plan), ...before, ...sets];
}
