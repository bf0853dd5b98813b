import { conditionTypes } from '../api/conditions.js';
import { done } from '../engine/outcome.js';
import { differs } from '../kube/applied.js';
import type { KubeObject } from '../kube/objects.js';
import { adoptedWorkloads } from './adopted.js';
import { keptRun } from './kept-run.js';
import { lacking } from './node-stage.js';
import { prePulls } from './pre-pull.js';
import { rendered } from './rendered.js';
import { isOfRun, isSuspended, runOf } from './tuning-run.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/**
 * Applies exactly what the runtime renders from the Plan, and removes what an earlier Plan rendered and this one does not. A workload that was
 * taken over from another operator is left alone until the Workspace asks for something else; of a tuning that has begun only what somebody took
 * away is brought back.
 */
export const runWorkload: Phase = async (context) => {
  const { workspace, cluster } = context;
  const all = rendered(context);
  const kept = keptRun(context);
  if (kept.length > 0) {
    const missing = all.filter((object) => cluster.live(workspace, object) === undefined);
    await cluster.apply(workspace, [...missing, ...(await prePulls(context, all))], kept);
    return done;
  }
  const adopted = await adoptedWorkloads(context, all);
  const objects: KubeObject[] = [];
  for (const object of all) {
    if (adopted.includes(object)) continue;
    objects.push(object.kind === 'Job' ? await startedInTime(context, object) : object);
  }
  await announceOutage(context, objects);
  await cluster.apply(workspace, [...objects, ...(await prePulls(context, all))], adopted);
  return done;
};

/**
 * Said before it happens: where a model runs in one pod its node has no room for a second, so a new pod begins when the old one has
 * ended, and nothing answers in between.
 */
async function announceOutage(context: WorkspaceContext, rendered: readonly KubeObject[]): Promise<void> {
  const { workspace, plan, cluster, status } = context;
  if (plan.kind !== 'inference' || plan.nodes.count > 1) return;
  const replaced = rendered.find((object) => {
    const live = cluster.live(workspace, object);
    return live !== undefined && answers(live) && cluster.changes(workspace, object) && otherPods(object, live);
  });
  if (!replaced) return;
  const message = `${replaced.kind} ${replaced.metadata.name} gets another pod: with one node the old one ends first, and nothing answers until the new one is ready`;
  status.condition(conditionTypes.inferenceReady, 'False', 'ModelRestarting', message);
  // The nodes stay what they are.
  status.interrupt(message);
  await context.record();
}

/** Somebody would notice. */
function answers({ status }: KubeObject): boolean {
  const { readyReplicas } = (status ?? {}) as { readonly readyReplicas?: unknown };
  return typeof readyReplicas === 'number' && readyReplicas > 0;
}

/** The template of the pods differs, and not only what stands around it. */
function otherPods(object: KubeObject, live: KubeObject): boolean {
  const { template } = (object.spec ?? {}) as { readonly template?: unknown };
  return (
    template !== undefined && differs({ ...object, metadata: { name: object.metadata.name }, spec: { template } }, live)
  );
}

/**
 * A Job is suspended until the devices of its nodes show, because its deadline counts from its start and a driver may take its time. One that
 * was started is never held back again: that would throw its pods away.
 */
async function startedInTime(context: WorkspaceContext, job: KubeObject): Promise<KubeObject> {
  const { spec } = job as { readonly spec?: { readonly suspend?: boolean } };
  if (spec?.suspend !== true) return job;
  const live = context.cluster.live(context.workspace, job);
  const started = live !== undefined && isOfRun(live, runOf(context.workspace)) && !isSuspended(live);
  return started || (await devicesShow(context)) ? { ...job, spec: { ...spec, suspend: false } } : job;
}

async function devicesShow({ provisioner, owner, wanted, cluster, plan }: WorkspaceContext): Promise<boolean> {
  const { gpuResource: resource, gpusPerNode: count } = plan.nodes;
  const claims = (await provisioner.observe(owner)).filter(({ name }) => wanted.includes(name));
  return (
    claims.length === wanted.length &&
    claims.every(({ nodeName = '' }) => lacking(cluster.node(nodeName), { resource, count }) === undefined)
  );
}
