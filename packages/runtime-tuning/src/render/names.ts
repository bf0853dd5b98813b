import { createHash } from 'node:crypto';
import type { Plan } from '@kaito-sdk/core';

/** By which KAITO's users, dashboards and network policies find the pods of a Workspace. */
export const WORKSPACE_LABEL = 'kaito.sh/workspace';

/** Names of Jobs end in labels of their pods, so they are no longer than a label. */
const LONGEST = 63;

export function labelsOf({ workspace }: Plan): Readonly<Record<string, string>> {
  return { [WORKSPACE_LABEL]: workspace.name };
}

/** The Workspace's name with an ending; a name that gets too long is cut, and told from its like by a hash. */
export function derivedName({ workspace }: Plan, ending: string): string {
  const whole = `${workspace.name}-${ending}`;
  if (whole.length <= LONGEST) return whole;
  const hash = createHash('sha256').update(workspace.name).digest('hex').slice(0, 8);
  return `${workspace.name.slice(0, LONGEST - ending.length - 10)}-${hash}-${ending}`;
}

/** ConfigMap with the task of the programs and, where the user brings none, the settings. */
export const configMapName = (plan: Plan): string => derivedName(plan, 'tuning');
/** The Job that looks at the data before a node is paid for. */
export const checkJobName = (plan: Plan): string => derivedName(plan, 'data-check');
