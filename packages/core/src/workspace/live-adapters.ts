import { conditionTypes } from '../api/conditions.js';
import { type Outcome, waiting } from '../engine/outcome.js';
import type { KubeObject } from '../kube/objects.js';
import type { LiveAdaptersReport } from '../plugin/runtime.js';
import { withNextStep } from './next-step.js';
import type { WorkspaceContext } from './workspace-context.js';

/**
 * What the running engine tells of the adapters that this Plan wants, where they are exchanged under it; undefined when it serves them, and
 * nothing is left to listen for. The model answers meanwhile, by the adapters from before.
 */
export function toldOfAdapters(
  context: WorkspaceContext,
  pods: readonly KubeObject[],
  ready: boolean,
): Told | undefined {
  const { runtime, plan, status } = context;
  const wanted = runtime.liveAdapters?.wanted(plan);
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (wanted === undefined || pod === undefined) return undefined;
  if (!ready) {
    // It has served none yet. All that can be learned is why it will not.
    const report = context.progress()?.latest?.adapters;
    return report?.failure && report.fingerprint === wanted ? { report } : undefined;
  }
  const uid = pod.metadata.uid ?? '';
  const known = status.liveAdapters;
  const served = known?.pod === uid ? known.fingerprint : runtime.liveAdapters?.began(pod);
  const settled = () => status.servesAdapters({ pod: uid, fingerprint: wanted });
  if (served === wanted) {
    if (known?.pod !== uid || known.fingerprint !== wanted) settled();
    return undefined;
  }
  const latest = context.progress()?.latest?.adapters;
  const report = latest?.fingerprint === wanted ? latest : undefined;
  if (report && report.failure === undefined) {
    settled();
    const names = report.adapters.map(({ name }) => name).join(', ');
    status.event(
      'Normal',
      'AdaptersExchanged',
      `The running engine serves ${names || 'no adapters'} now; no pod was restarted`,
    );
  }
  return { ...(report === undefined ? {} : { report }) };
}

/** What is known of an exchange that is going on or has just ended. */
export interface Told {
  /** Absent: the pod has not said anything about what this Plan wants. */
  readonly report?: LiveAdaptersReport;
}

/** What is waited for while adapters are exchanged; undefined when they are, or when the engine itself is waited for. */
export function exchangeOutcome(context: WorkspaceContext, { report }: Told, ready: boolean): Outcome | undefined {
  const { plan, status } = context;
  if (report && report.failure === undefined) return undefined;
  // The model answers: its nodes are not given back for the sake of an adapter.
  if (ready) context.started();
  if (report?.refused) {
    // From now on they come with the pods: another look at once renders them so, and announces the outage.
    status.servesAdapters({ ...status.liveAdapters, refusedBy: plan.engine.image });
    context.wakeAt(context.now);
  }
  if (report?.failure) {
    const { reason, message, remedy } = report.failure;
    const told = withNextStep(ready ? `${message} The adapters from before are served meanwhile.` : message, remedy);
    status.condition(conditionTypes.inferenceReady, 'False', reason, told);
    return waiting(reason, told);
  }
  const message = `${plan.model.preset} is running with ${plan.runtime.name}; its adapters are being exchanged, and those from before answer until then`;
  status.condition(conditionTypes.inferenceReady, 'True', 'AdaptersLoading', message);
  return waiting('AdaptersLoading', message);
}
