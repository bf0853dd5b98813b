import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { blocked, done } from '../engine/outcome.js';
import type { Infeasible, Plan } from '../plan/plan.js';
import { planHash } from '../plan/plan-hash.js';
import { plan } from '../plan/plan-workspace.js';
import { hasDevicePlugin } from './device-plugins.js';
import { offerText, rfc3339, sameOffer } from './node-attempt.js';
import { type BadOffer, badOffers, failsEverywhere, needsAPerson, unavailableOffers } from './offer-memory.js';
import type { Hold, Phase, WorkspaceContext } from './workspace-context.js';

const LOOK_AGAIN_MS = 600_000;
/** A catalog that can be refreshed may know a type later that nobody knows now, and nothing would tell. */
const CATALOG_MS = 3_600_000;

/** Whether it fits, on what, at what price, with which flags. Nothing is paid for before this phase is done. */
export const decide: Phase = async (context) => {
  const best = plan(context.workspace, context.catalogs);
  const before = context.workspace.status?.plan;
  if (!best.feasible) {
    context.status.plan(best);
    const message = `${best.field}: ${best.message} ${best.remedy}`;
    // Where a Plan was lost the condition's change is told anyway.
    if (!before?.feasible && isNew(best, before)) context.status.event('Warning', best.code, message);
    context.status.condition(conditionTypes.planned, 'False', best.code, message);
    const mayCome = context.catalogs.instances.some(({ refresh }) => refresh !== undefined);
    if (best.code === 'UnknownInstanceType' && mayCome) context.wakeAt(context.now + CATALOG_MS);
    return blocked(best.code, message);
  }
  const decision = await onLadder(context, best);
  context.decide(decision);
  const { nodes, runtime, model } = decision;
  const machines = `${nodes.count} x ${nodes.instanceType}`;
  const price = nodes.price ? `, $${nodes.price.usdPerHour}/hour` : '';
  const message = `${model.preset} on ${machines} with ${runtime.name}${price}`;
  context.status.condition(conditionTypes.planned, 'True', conditionReasons.feasible, message);
  // The first is told by what is asked for next.
  if (before !== undefined && isNew(decision, before)) context.status.event('Normal', 'Planned', message);
  return done;
};

function isNew(decision: Plan | Infeasible, before: Plan | Infeasible | undefined): boolean {
  return before === undefined || planHash(decision) !== planHash(before);
}

/** The Plan for the first offer that is not known to be bad; when all are, the best one, held back until it may be tried again. */
async function onLadder(context: WorkspaceContext, best: Plan): Promise<Plan> {
  const { workspace, catalogs, log, policy, generation } = context;
  const bad = badOffers(log, policy, generation);
  const general = bad.find(({ attempt, until }) => failsEverywhere(attempt.failure) && until > log.now);
  const plugin = bad.find(({ attempt }) => attempt.failure === 'no-plugin');
  if (plugin && !(await hasDevicePlugin(context.cluster, best.nodes.gpuResource))) {
    // As long as nothing would make the devices visible no node is bought, however long that takes.
    context.hold(heldBy({ ...plugin, until: log.now + LOOK_AGAIN_MS }));
  } else if (general && general.attempt.failure !== 'no-plugin') {
    context.hold(heldBy(general));
  }
  const unavailable = unavailableOffers(log, policy, generation);
  if (unavailable.length === 0 && (catalogs.unavailable ?? []).length === 0) return best;
  const decision = plan(workspace, { ...catalogs, unavailable });
  if (decision.feasible) return decision;
  const next = bad.filter(({ until }) => until > log.now).sort((a, b) => a.until - b.until)[0];
  if (next) context.hold(heldBy(next));
  // What is on the lease stays planned, although nothing may be added to it now.
  const others = unavailable.filter(
    (offer) => !log.open.some((one) => sameOffer(one, { capacityType: 'on-demand', ...offer })),
  );
  const leased = plan(workspace, { ...catalogs, unavailable: others });
  return leased.feasible && log.open.length > 0 ? leased : best;
}

function heldBy({ attempt, until }: BadOffer): Hold {
  const { reason = 'NodeClaimFailed', message = '', failure } = attempt;
  const what = `${offerText(attempt)}: ${message}`;
  if (needsAPerson(failure)) {
    // The device plugin is looked for again and again, without a node; a right or a size is tried again.
    const next =
      failure === 'no-plugin' ? 'until it is there' : `before ${rfc3339(until)}, or a change of the Workspace`;
    return { reason, until, needsAPerson: true, message: `${what}; nothing more is asked for ${next}` };
  }
  return { reason, until, needsAPerson: false, message: `${what}; the next try is at ${rfc3339(until)}` };
}
