import type { Plan } from '@kaito-sdk/core';

/** By which KAITO's users, dashboards and network policies find the pods of a Workspace. */
export const WORKSPACE_LABEL = 'kaito.sh/workspace';

/** What the Service selects and every rendered object carries. Selectors are immutable: never add to this. */
export function workspaceLabels(plan: Plan): Readonly<Record<string, string>> {
  return { [WORKSPACE_LABEL]: plan.workspace.name };
}
