import type { KubeObject, Plan, Workspace } from '@kaito-sdk/core';
import { deployment } from './deployment.js';
import type { PodParts } from './pod.js';
import { service } from './service.js';
import { groupNames, headlessService, statefulSet } from './stateful-set.js';

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
  const services =
    plan.nodes.count > 1 ? [service(plan, workspace), headlessService(plan)] : [service(plan, workspace)];
  const workloads =
    plan.nodes.count > 1
      ? groupNames(plan).map((group) => statefulSet(plan, group, partsOf(group)))
      : [deployment(plan, partsOf(plan.workspace.name))];
  return [...services, ...before, ...workloads];
}
