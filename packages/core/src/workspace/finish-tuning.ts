import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { blocked, done, type Outcome } from '../engine/outcome.js';
import { rfc3339 } from './node-attempt.js';
import { releaseAll } from './release-all.js';
import { liveObjects } from './rendered.js';
import { runOf } from './tuning-run.js';
import type { WorkspaceContext } from './workspace-context.js';

/** Annotation of a Workspace: `true` keeps its nodes when the tuning has ended. */
export const KEEP_NODES = 'kaito-sdk.dev/keep-nodes';

/**
 * The end of a tuning: how it went is written into the status, then its nodes are given back, unless an annotation keeps them. In that
 * order, because the pods that say how it went go with their node. What stands in the status is not done again, whatever becomes of the
 * Job. Undefined while there is still something to do.
 */
export async function finishTuning(context: WorkspaceContext): Promise<Outcome | undefined> {
  const { workspace, owner, plan, provisioner, log, status } = context;
  if (plan.kind !== 'tuning') return undefined;
  const outcome = ending(context);
  if (outcome === undefined) return undefined;
  context.started();
  say(context, outcome);
  const keep = workspace.metadata.annotations?.[KEEP_NODES] === 'true';
  if (keep) return outcome;
  const claims = (await provisioner.observe(owner)).filter(({ phase }) => phase !== 'releasing');
  for (const { name } of claims) {
    log.end(name);
    status.event('Normal', 'NodeClaimReleased', `Gave back node ${name}: the tuning has ended`);
  }
  for (const type of [conditionTypes.nodeClaimReady, conditionTypes.resourceReady]) {
    status.quietly(type, 'False', 'NodesReleased', 'the tuning has ended, and its nodes were given back');
  }
  status.nodes([]);
  // Written down before the release, or the next process would see claims that somebody took away.
  if (claims.length > 0) await context.publish(outcome);
  await releaseAll(provisioner, claims);
  return outcome;
}

/** How this run ended: what the status says of it, else what the Job says. */
function ending(context: WorkspaceContext): Outcome | undefined {
  const { workspace, status, runtime, cluster, plan, now } = context;
  const run = runOf(workspace);
  const { tuned } = status;
  if (tuned?.ended === run && tuned.outcome !== undefined) {
    return tuned.outcome === 'Succeeded'
      ? done
      : blocked(tuned.reason ?? 'Failed', tuned.message ?? 'the tuning failed');
  }
  const result = runtime.outcome?.({ plan, objects: liveObjects(context), pods: cluster.pods(workspace) });
  if (result === undefined) return undefined;
  const { message } = result;
  const common = { ended: run, finished: rfc3339(now), message };
  if (result.succeeded) {
    status.tuning({
      ...common,
      outcome: 'Succeeded',
      reason: undefined,
      ...(result.image ? { image: result.image } : {}),
    });
    status.event('Normal', 'TuningSucceeded', result.image ? `The adapter is ${result.image}` : message);
    return done;
  }
  status.tuning({ ...common, outcome: 'Failed', reason: result.reason });
  return blocked(result.reason, message);
}

function say({ status }: WorkspaceContext, outcome: Outcome): void {
  const { message = '', image } = status.tuned ?? {};
  if (outcome.kind === 'done') {
    const told = image === undefined ? message : `the adapter is ${image}`;
    status.condition(conditionTypes.jobStarted, 'True', conditionReasons.jobStarted, `the tuning is done: ${told}`);
  } else if (outcome.kind === 'blocked') {
    status.condition(conditionTypes.jobStarted, 'False', conditionReasons.jobFailed, `${outcome.reason}: ${message}`);
  }
}
