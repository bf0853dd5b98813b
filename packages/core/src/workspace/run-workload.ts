import { done } from '../engine/outcome.js';
import type { Phase } from './workspace-context.js';

/** Applies exactly what the runtime renders from the Plan, and removes what an earlier Plan rendered and this one does not. */
export const runWorkload: Phase = async ({ workspace, plan, runtime, cluster }) => {
  await cluster.apply(workspace, runtime.render(plan, workspace));
  return done;
};
