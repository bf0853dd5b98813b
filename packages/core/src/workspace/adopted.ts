import { annotations } from '../api/names.js';
import type { Workspace } from '../api/workspace.js';
import type { KubeObject } from '../kube/objects.js';
import { isWorkload } from './rendered.js';
import { specHash } from './revision.js';
import type { WorkspaceContext } from './workspace-context.js';

/**
 * What is kept of a Workspace when its workload is taken over: the hash of what a workload is made of. What it may cost is none of that: a limit
 * that is raised, or filled in by the defaults of the installation, is no reason to start a model anew.
 */
export function adoptedSpecOf(workspace: Workspace): string {
  const { priceLimit: _, ...resource } = workspace.resource ?? {};
  return specHash({ ...workspace, resource } as Workspace);
}

/**
 * Whether the workload was made by another operator, and the Workspace still asks for what it was made for. Then it stays as it was found:
 * no pod restarts because the operator is another. The first change of the Workspace makes it what a new Workspace would get.
 */
export function isAsAdopted(workspace: Workspace): boolean {
  return workspace.metadata.annotations?.[annotations.adoptedSpec] === adoptedSpecOf(workspace);
}

/** Of what is rendered, the workloads that stay as they were found. One that is gone is none of them: it is made anew. */
export async function adoptedWorkloads(
  { workspace, cluster }: WorkspaceContext,
  objects: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  if (!isAsAdopted(workspace)) return [];
  const kept: KubeObject[] = [];
  for (const object of objects.filter(isWorkload)) if (await cluster.takeOver(workspace, object)) kept.push(object);
  return kept;
}
