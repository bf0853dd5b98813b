import { conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import { isForbidden, isInvalid, KubeError } from '../kube/errors.js';
import { isAsAdopted } from './adopted.js';
import { pendingCheck } from './check-inputs.js';
import { keptRun } from './kept-run.js';
import { missingReferences } from './missing-references.js';
import { isWorkload, rendered } from './rendered.js';
import { isEnded } from './tuning-run.js';
import type { Phase } from './workspace-context.js';

/** How soon to ask again about a refusal that nothing we watch would tell the end of. */
const ASK_AGAIN_MS = 60_000;

/**
 * Everything that is free and can still go wrong, before the first claim: the finalizer that guarantees release, Services and
 * ConfigMaps, the server's own judgement of the workload (quota, LimitRange, pod security, image policy), and the look at what the user
 * brought, where the runtime has one.
 */
export const prepare: Phase = async (context) => {
  const { workspace, owner, provisioner, cluster, status, wanted, held } = context;
  if (held) return done;
  const claimed = new Set((await provisioner.observe(owner)).map(({ name }) => name));
  if (wanted.every((name) => claimed.has(name))) return done;
  const objects = rendered(context);
  const kept = keptRun(context);
  // A tuning that has begun goes on as it was made; the server is not asked about another rendering, which it would refuse as a change.
  const workloads = kept.length > 0 ? [] : objects.filter(isWorkload);
  if (!(await cluster.ensureFinalizer(workspace))) {
    // The event of its deletion is late. Without the finalizer nobody would give back what it is about to pay for.
    return waiting('WorkspaceGone', 'the Workspace is gone or going, so no node was asked for');
  }
  // A workload that runs already stays: what replaces it is applied when its node has joined. Not so a Job: it cannot be changed.
  const running = workloads
    .filter((workload) => workload.kind !== 'Job' || isAsAdopted(workspace) || !cluster.changes(workspace, workload))
    .flatMap((workload) => cluster.live(workspace, workload) ?? [])
    .filter((live) => live.kind !== 'Job' || !isEnded(live));
  if (running.length === 0 && kept.length === 0) {
    const check = pendingCheck(context);
    const free = objects.filter((object) => !isWorkload(object));
    await cluster.apply(workspace, [...free, ...(check === undefined ? [] : [check])]);
  }
  const missing = await missingReferences(workspace, cluster, objects);
  if (missing !== undefined) {
    status.condition(conditionTypes.resourceReady, 'False', 'ReferenceMissing', missing);
    return waiting('ReferenceMissing', missing, ASK_AGAIN_MS);
  }
  try {
    for (const workload of workloads) await cluster.dryRun(workspace, workload);
  } catch (error) {
    if (!KubeError.is(error) || !isJudgement(error)) throw error;
    const message = `the cluster would refuse the workload, so no node was asked for: ${error.message}`;
    status.condition(conditionTypes.resourceReady, 'False', 'WorkloadRefused', message);
    return waiting('WorkloadRefused', message, ASK_AGAIN_MS);
  }
  return done;
};

/**
 * A refusal of this object, which the next try meets again: no right to it, against a rule, not to be decoded (a template with a field that
 * there is none of), or too large.
 */
function isJudgement(error: KubeError): boolean {
  // kube-apiserver 1.34.4 says 500 of a field in an apply that its types do not have.
  const undecodable = error.code === 500 && error.message.includes('failed to create typed patch object');
  return isForbidden(error) || isInvalid(error) || undecodable || error.code === 400 || error.code === 413;
}
