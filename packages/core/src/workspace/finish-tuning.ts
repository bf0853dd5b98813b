import { done, type Outcome } from '../engine/outcome.js';
import type { KubeObject } from '../kube/objects.js';
import type { WorkspaceContext } from './workspace-context.js';

/** Annotation of a Workspace: `true` keeps its nodes when the tuning has ended. */
export const KEEP_NODES = 'kaito-sdk.dev/keep-nodes';

/**
 * The end of a tuning: once its Job is complete or has failed for good, its nodes are given back, unless an annotation keeps them.
 * Undefined while there is still something to do.
 */
export async function finishTuning(context: WorkspaceContext): Promise<Outcome | undefined> {
  const { workspace, owner, plan, runtime, cluster, provisioner, log, status } = context;
  if (plan.kind !== 'tuning' || workspace.metadata.annotations?.[KEEP_NODES] === 'true') return undefined;
  const job = runtime
    .render(plan, workspace)
    .filter(({ kind }) => kind === 'Job')
    .map((object) => cluster.live(workspace, object))
    .find((live) => live !== undefined);
  if (!job || !ended(job)) return undefined;
  for (const claim of await provisioner.observe(owner)) {
    if (claim.phase === 'releasing') continue;
    await provisioner.release(claim);
    log.end(claim.name);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${claim.name}: the tuning has ended`);
  }
  status.nodes([]);
  return done;
}

function ended(job: KubeObject): boolean {
  const { conditions = [] } = (job.status ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
}
