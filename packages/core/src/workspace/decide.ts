import { blocked, done } from '../engine/outcome.js';
import { plan } from '../plan/plan-workspace.js';
import type { Phase } from './workspace-context.js';

/** Whether it fits, on what, at what price, with which flags. Nothing is paid for before this phase is done. */
export const decide: Phase = async (context) => {
  const decision = plan(context.workspace, context.catalogs);
  if (decision.feasible) {
    context.decide(decision);
    const { nodes, runtime, model } = decision;
    const machines = `${nodes.count} x ${nodes.instanceType}`;
    const price = nodes.price ? `, $${nodes.price.usdPerHour}/hour` : '';
    const message = `${model.preset} on ${machines} with ${runtime.name}${price}`;
    context.status.condition('Planned', 'True', 'Feasible', message);
    return done;
  }
  context.status.plan(decision);
  const message = `${decision.field}: ${decision.message} ${decision.remedy}`;
  context.status.condition('Planned', 'False', decision.code, message);
  return blocked(decision.code, message);
};
