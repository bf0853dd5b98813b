import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import type { Phase } from './workspace-context.js';

/** Asks the runtime what the live objects and pods mean, and says it in the condition. */
export const awaitReady: Phase = async ({ workspace, plan, runtime, cluster, status }) => {
  const objects = runtime.render(plan, workspace).flatMap((object) => cluster.live(workspace, object) ?? []);
  const assessment = runtime.assess({ plan, objects, pods: cluster.pods(workspace) });
  const type = plan.kind === 'tuning' ? conditionTypes.jobStarted : conditionTypes.inferenceReady;
  if (assessment.state === 'ready') {
    const reason = plan.kind === 'tuning' ? conditionReasons.jobStarted : conditionReasons.inferenceReady;
    status.condition(type, 'True', reason, `${plan.model.preset} is running with ${plan.runtime.name}`);
    return done;
  }
  status.condition(type, 'False', assessment.reason, assessment.message);
  return waiting(assessment.reason, assessment.message);
};
