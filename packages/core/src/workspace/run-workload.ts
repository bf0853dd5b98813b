import { conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import { differs } from '../kube/applied.js';
import type { KubeObject } from '../kube/objects.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/** Applies exactly what the runtime renders from the Plan, and removes what an earlier Plan rendered and this one does not. */
export const runWorkload: Phase = async (context) => {
  const { workspace, plan, runtime, cluster } = context;
  const rendered = runtime.render(plan, workspace);
  await announceOutage(context, rendered);
  await cluster.apply(workspace, rendered);
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
  await context.publish(waiting('ModelRestarting', message));
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
