import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import type { ObservedWorkload } from '../plugin/runtime.js';
import { mergeAdapters } from './adapter-status.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/** Asks the runtime what the live objects and pods mean, and says it in the condition. */
export const awaitReady: Phase = async (context) => {
  const { workspace, plan, runtime, cluster, status } = context;
  const objects = runtime.render(plan, workspace).flatMap((object) => cluster.live(workspace, object) ?? []);
  const observed = { plan, objects, pods: cluster.pods(workspace) };
  noteAdapters(context, observed);
  const assessment = runtime.assess(observed);
  const type = plan.kind === 'tuning' ? conditionTypes.jobStarted : conditionTypes.inferenceReady;
  if (assessment.state === 'ready') {
    const reason = plan.kind === 'tuning' ? conditionReasons.jobStarted : conditionReasons.inferenceReady;
    status.condition(type, 'True', reason, `${plan.model.preset} is running with ${plan.runtime.name}`);
    return done;
  }
  status.condition(type, 'False', assessment.reason, assessment.message);
  return waiting(assessment.reason, assessment.message);
};

/** How the adapters came in; and where somebody was turned away, another look at once, since the next Plan sends somebody else. */
function noteAdapters(context: WorkspaceContext, observed: ObservedWorkload): void {
  const { workspace, plan, runtime, status } = context;
  const before = workspace.status?.adapters ?? [];
  const now = mergeAdapters(plan, before, runtime.adapters?.(observed) ?? []);
  status.adapters(now);
  const refusals = (list: typeof now) => list.reduce((sum, { refused = [] }) => sum + refused.length, 0);
  if (refusals(now) > refusals(before)) {
    for (const { name, refused = [] } of now) {
      const news = refused.filter((who) => !before.find((one) => one.name === name)?.refused?.includes(who));
      const message = `Adapter ${name}: the registry turned away ${news.join(', ')}; the next way is tried`;
      if (news.length > 0) status.event('Warning', 'AdapterPullRefused', message);
    }
    context.wakeAt(context.now);
  }
}
