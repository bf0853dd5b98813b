import type { KubeObject } from '../kube/objects.js';
import { isOfRun, markedJob, runOf } from './tuning-run.js';
import type { WorkspaceContext } from './workspace-context.js';

const WORKLOAD_KINDS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'Job']);

/** Objects that start containers, as opposed to those that cost nothing. */
export function isWorkload(object: KubeObject): boolean {
  return WORKLOAD_KINDS.has(object.kind);
}

/** What the runtime renders from the Plan; Jobs with the run that they are of. */
export function rendered({
  runtime,
  plan,
  workspace,
}: Pick<WorkspaceContext, 'runtime' | 'plan' | 'workspace'>): readonly KubeObject[] {
  const objects = runtime.render(plan, workspace);
  if (plan.kind !== 'tuning') return objects;
  const run = runOf(workspace);
  return objects.map((object) => (object.kind === 'Job' ? markedJob(object, run, plan) : object));
}

/** The live versions of what is rendered. A Job of an earlier run is none of it. */
export function liveObjects(context: WorkspaceContext): readonly KubeObject[] {
  const { cluster, workspace, plan } = context;
  const run = plan.kind === 'tuning' ? runOf(workspace) : '';
  return rendered(context)
    .flatMap((object) => cluster.live(workspace, object) ?? [])
    .filter((object) => object.kind !== 'Job' || isOfRun(object, run));
}
