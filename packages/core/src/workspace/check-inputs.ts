import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import type { KubeObject } from '../kube/objects.js';
import { rfc3339 } from './node-attempt.js';
import { endOf, isOfRun, markedJob, runOf } from './tuning-run.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/** After a look that failed the next one comes by itself: nothing tells that somebody has mended a Secret or a file. */
const LOOK_AGAIN_MS = 300_000;

/** How long the look may wait for a node without GPUs. Where there is none the tuning looks at its data itself, first thing. */
const UNSCHEDULABLE_MS = 300_000;

/**
 * What the user brought is looked at by a short pod of the user's own namespace before a node with GPUs is asked for: data that is not there,
 * or not what it should be, must not cost anything.
 */
export const checkInputs: Phase = async (context) => {
  const { workspace, plan, runtime, cluster, status, owner, provisioner, wanted, held, now } = context;
  const check = pendingCheck(context);
  if (check === undefined || held) return done;
  const claimed = new Set((await provisioner.observe(owner)).map(({ name }) => name));
  if (wanted.every((name) => claimed.has(name))) return done;
  const type = conditionTypes.dataChecked;
  const run = runOf(workspace);
  const job = cluster.live(workspace, check);
  const observed = {
    plan,
    objects: job && isOfRun(job, run) ? [job] : [],
    pods: cluster.pods(workspace).filter(isOf(check)),
  };
  const outcome = runtime.outcome?.(observed);
  if (outcome?.succeeded) {
    status.tuning({ checked: run });
    status.condition(type, 'True', conditionReasons.dataChecked, outcome.message);
    return done;
  }
  if (outcome) {
    status.condition(type, 'False', outcome.reason, outcome.message);
    const next = (job && endOf(job) ? (endOf(job) ?? now) : now) + LOOK_AGAIN_MS;
    if (next <= now) {
      // Away with it; the pass that its deletion wakes makes the next one.
      await cluster.apply(workspace, []);
      return waiting(outcome.reason, outcome.message);
    }
    return waiting(
      outcome.reason,
      `${outcome.message}. No node was asked for; the next look is at ${rfc3339(next)}`,
      next - now,
    );
  }
  const assessment = runtime.assess(observed);
  if (assessment.state === 'waiting' && assessment.reason === 'Unschedulable') {
    const since = Date.parse(job?.metadata.creationTimestamp ?? '') || now;
    if (now - since >= UNSCHEDULABLE_MS) {
      status.tuning({ checked: run });
      const message =
        'no node without GPUs has room for a look at the data beforehand; the tuning looks at it first thing';
      status.condition(type, 'Unknown', 'NoRoomForCheck', message);
      return done;
    }
    context.wakeAt(since + UNSCHEDULABLE_MS);
  }
  const [reason, message] =
    assessment.state === 'ready'
      ? ['CheckingData', 'the data is being looked at; no node was asked for yet']
      : [assessment.reason, assessment.message];
  status.condition(type, 'Unknown', reason, message);
  return waiting(reason, message);
};

/** The Job that has yet to look at what this run brings; undefined when there is none, or it has. */
export function pendingCheck({ runtime, plan, workspace, status }: WorkspaceContext): KubeObject | undefined {
  if (plan.kind !== 'tuning' || runtime.check === undefined) return undefined;
  const run = runOf(workspace);
  return status.tuned?.checked === run ? undefined : markedJob(runtime.check(plan, workspace), run, plan);
}

function isOf(job: KubeObject): (pod: KubeObject) => boolean {
  return ({ metadata }) => metadata.labels?.['job-name'] === job.metadata.name;
}
