import type { KubeObject, Plan, Workspace } from '@kaito-sdk/core';
import { deployment } from './deployment.js';
import type { PodParts } from './pod.js';
import { service } from './service.js';

/**
 * The objects of an inference workload in the order in which they are applied: what pods refer to comes before the pods. Owner
 * references are not in them; whoever applies them knows the owner.
 */
export function renderWorkload(
  plan: Plan,
  workspace: Workspace,
  parts: PodParts,
  before: readonly KubeObject[] = [],
): readonly KubeObject[] {
  return [service(plan, workspace), ...before, deployment(plan, parts)];
}
