import { conditionReasons, conditionTypes } from '../api/conditions.js';
import type { AdapterStatus } from '../api/status.js';
import { done, type Outcome, waiting } from '../engine/outcome.js';
import { mergeAdapters } from './adapter-status.js';
import { isAsAdopted } from './adopted.js';
import { exchangeOutcome, toldOfAdapters } from './live-adapters.js';
import { withNextStep } from './next-step.js';
import { liveObjects } from './rendered.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/** Asks the runtime what the live objects and pods mean, and says it in the condition. */
export const awaitReady: Phase = async (context) => {
  const { workspace, plan, runtime, cluster, status } = context;
  const observed = { plan, objects: liveObjects(context), pods: cluster.pods(workspace) };
  const assessment = runtime.assess(observed);
  const ready = assessment.state === 'ready';
  const exchange = toldOfAdapters(context, observed.pods, ready);
  noteAdapters(context, exchange?.report?.adapters ?? runtime.adapters?.(observed) ?? []);
  const tuning = plan.kind === 'tuning';
  const type = tuning ? conditionTypes.jobStarted : conditionTypes.inferenceReady;
  const exchanging = exchange && exchangeOutcome(context, exchange, ready);
  if (exchanging) return exchanging;
  if (assessment.state !== 'ready') {
    const { reason, message, remedy } = assessment;
    const told = withNextStep(context.withDoubts(message), remedy);
    status.condition(type, 'False', reason, told);
    return waiting(reason, told);
  }
  if (tuning) return tuningRuns(context);
  const message = isAsAdopted(workspace)
    ? `${plan.model.preset} is running as it was taken over; a change of the Workspace rolls it out with ${plan.runtime.name}`
    : `${plan.model.preset} is running with ${plan.runtime.name}`;
  status.condition(type, 'True', conditionReasons.inferenceReady, message);
  return done;
};

/** A tuning that runs is not at its end: what its programs say of their progress is what is waited for. */
function tuningRuns(context: WorkspaceContext): Outcome {
  const { plan, status } = context;
  context.started();
  const progress = context.progress();
  for (const { event, message } of progress?.told ?? []) if (event) status.event(event.type, event.reason, message);
  const message = progress?.latest?.message ?? `${plan.model.preset} is being tuned`;
  status.condition(conditionTypes.jobStarted, 'True', conditionReasons.jobStarted, message);
  return waiting('TuningRunning', message);
}

/** How the adapters came in; and where somebody was turned away, another look at once, since the next Plan sends somebody else. */
function noteAdapters(context: WorkspaceContext, seen: readonly AdapterStatus[]): void {
  const { workspace, plan, status } = context;
  const before = workspace.status?.adapters ?? [];
  const now = mergeAdapters(plan, before, seen);
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
