import { done } from '../engine/outcome.js';
import type { KubeObject } from '../kube/objects.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

const WORKLOAD_KINDS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'Job']);

/** The rendered objects that start containers, as opposed to those that cost nothing. */
export function isWorkload(object: KubeObject): boolean {
  return WORKLOAD_KINDS.has(object.kind);
}

/**
 * Everything that is free and can still go wrong, before the first claim: the finalizer that guarantees release, Services and
 * ConfigMaps, and the server's own judgement of the workload.
 */
export const prepare: Phase = async ({ workspace, plan, runtime, cluster }: WorkspaceContext) => {
  const rendered = runtime.render(plan, workspace);
  await cluster.ensureFinalizer(workspace);
  await cluster.apply(workspace, rendered.filter((object) => !isWorkload(object)));
  for (const workload of rendered.filter(isWorkload)) {
    if (!cluster.live(workload)) await cluster.dryRun(workspace, workload);
  }
  return done;
};
