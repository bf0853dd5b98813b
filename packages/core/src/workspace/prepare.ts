import { conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import { isForbidden, isInvalid, KubeError } from '../kube/errors.js';
import type { KubeObject } from '../kube/objects.js';
import { missingReferences } from './missing-references.js';
import type { Phase } from './workspace-context.js';

const WORKLOAD_KINDS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'Job']);

/** How soon to ask again about a refusal that nothing we watch would tell the end of. */
const ASK_AGAIN_MS = 60_000;

/**
 * Everything that is free and can still go wrong, before the first claim: the finalizer that guarantees release, Services and
 * ConfigMaps, and the server's own judgement of the workload (quota, LimitRange, pod security, image policy).
 */
export const prepare: Phase = async ({
  workspace,
  owner,
  plan,
  provisioner,
  runtime,
  cluster,
  status,
  wanted,
  held,
}) => {
  if (held) return done;
  const claimed = new Set((await provisioner.observe(owner)).map(({ name }) => name));
  if (wanted.every((name) => claimed.has(name))) return done;
  const rendered = runtime.render(plan, workspace);
  const workloads = rendered.filter(isWorkload);
  await cluster.ensureFinalizer(workspace);
  // A workload that runs already stays: what replaces it is applied when its node has joined.
  const running = workloads.filter((workload) => cluster.live(workspace, workload) !== undefined);
  if (running.length === 0) {
    await cluster.apply(
      workspace,
      rendered.filter((object) => !isWorkload(object)),
    );
  }
  const missing = await missingReferences(workspace, cluster, rendered);
  if (missing !== undefined) {
    status.condition(conditionTypes.resourceReady, 'False', 'ReferenceMissing', missing);
    return waiting('ReferenceMissing', missing, ASK_AGAIN_MS);
  }
  try {
    for (const workload of workloads) await cluster.dryRun(workspace, workload);
  } catch (error) {
    if (!KubeError.is(error) || !(isForbidden(error) || isInvalid(error))) throw error;
    const message = `the cluster would refuse the workload, so no node was asked for: ${error.message}`;
    status.condition(conditionTypes.resourceReady, 'False', 'WorkloadRefused', message);
    return waiting('WorkloadRefused', message, ASK_AGAIN_MS);
  }
  return done;
};

/** Objects that start containers, as opposed to those that cost nothing. */
function isWorkload(object: KubeObject): boolean {
  return WORKLOAD_KINDS.has(object.kind);
}
