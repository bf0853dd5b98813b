import type { KubeObject } from '../kube/objects.js';
import { liveObjects } from './rendered.js';
import { isForMachines, isSuspended } from './tuning-run.js';
import type { WorkspaceContext } from './workspace-context.js';

/**
 * The objects of a tuning that has begun, which stay as they are until it ends: hours of training are not thrown away because another version of the
 * operator would render them otherwise, with another image or other settings of a template. Empty where there is nothing to keep: no run of
 * what is asked for now, or for other machines, or one whose pod cannot start, which another rendering may mend. One that ends in the middle of a pass is kept too: the next pass tells its end.
 */
export function keptRun(context: WorkspaceContext): readonly KubeObject[] {
  const { plan, runtime, workspace, cluster } = context;
  if (plan.kind !== 'tuning') return [];
  const objects = liveObjects(context);
  const job = objects.find(({ kind }) => kind === 'Job');
  if (job === undefined || isSuspended(job) || !isForMachines(job, plan)) return [];
  const { active } = (job.status ?? {}) as { readonly active?: number };
  // A pod that failed is followed by another one, as often as the Job says.
  if ((active ?? 0) === 0) return objects;
  return runtime.assess({ plan, objects, pods: cluster.pods(workspace) }).state === 'failed' ? [] : objects;
}
