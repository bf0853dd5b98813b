import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { blocked, done, type Outcome, waiting } from '../engine/outcome.js';
import type { ClaimState } from '../plugin/node-provisioner.js';
import { ProvisioningDeferred } from '../plugin/provisioning-deferred.js';
import { ProvisioningError } from '../plugin/provisioning-error.js';
import { isTrue } from '../resource/conditions.js';
import { joined } from './claim-progress.js';
import { putOffText, requestFor } from './claim-request.js';
import { offerOf, rfc3339 } from './node-attempt.js';
import { overLimit } from './spending-limit.js';
import { takePreferred } from './take-preferred.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/**
 * Takes the nodes that the Workspace prefers, asks for those of the Plan that do not exist yet, and waits until each has joined the cluster. It goes on at the join and
 * not at the GPU: the scheduler holds the pods until the devices show, and the image pull overlaps the driver's installation.
 */
export const claimNodes: Phase = async (context) => {
  const { owner, provisioner, status, wanted } = context;
  const putOff = await takePreferred(context);
  if (putOff) return putOff;
  const existing = new Map((await provisioner.observe(owner)).map((claim) => [claim.name, claim]));
  const missing = wanted.filter((name) => !existing.has(name));
  const claims = wanted.map((name) => existing.get(name) ?? { name, owner, phase: 'requested' as const });
  status.nodes(claims.flatMap((claim) => claim.nodeName ?? []));
  const going = claims.some(({ phase }) => phase === 'releasing');
  if (missing.length === 0 && !(going && context.held)) return progress(context, claims);
  const held = (await heldBack(context, missing[0] ?? '')) ?? overLimit(context, missing.length);
  if (held) {
    context.wakeAt(held.until);
    status.condition(conditionTypes.nodeClaimReady, 'False', held.reason, held.message);
    return held.needsAPerson ? blocked(held.reason, held.message) : waiting(held.reason, held.message);
  }
  return ask(context, missing, claims);
};

/** What keeps a claim from being made although the Plan wants it: a remembered failure, or a provisioner that has nothing to offer. */
async function heldBack(context: WorkspaceContext, name: string) {
  if (context.held) return context.held;
  const { instanceType, count, diskBytes } = context.plan.nodes;
  try {
    const offers = await context.provisioner.offers({ instanceType, nodes: count, diskBytes });
    if (offers.length > 0) return undefined;
    const message = `${context.provisioner.name} has no ${instanceType} to offer`;
    return refused(context, new ProvisioningError('capacity', 'NothingOffered', message));
  } catch (error) {
    if (ProvisioningDeferred.is(error)) {
      const { reason, afterMs } = error;
      return { reason, message: putOffText(context, name, error), until: context.now + afterMs, needsAPerson: false };
    }
    if (!ProvisioningError.is(error)) throw error;
    return refused(context, error);
  }
}

/** A refusal before anything was made: remembered as a failed attempt that cost nothing. */
function refused(context: WorkspaceContext, { failure, reason, message }: ProvisioningError) {
  const { log, plan, generation, wanted } = context;
  const claim = wanted[0] ?? '';
  if (!log.of(claim)) log.begin({ claim, ...offerOf(plan.nodes), generation });
  log.end(claim, { failure, reason, message });
  // The next pass sees it in the record: it takes the next offer, or waits.
  return { reason, message, until: context.now + 1000, needsAPerson: failure === 'permission' };
}

async function ask(
  context: WorkspaceContext,
  missing: readonly string[],
  claims: readonly ClaimState[],
): Promise<Outcome> {
  const { plan, provisioner, status, log, generation, policy, now } = context;
  const { price, count } = plan.nodes;
  const planned = isTrue(context.workspace.status?.conditions, conditionTypes.planned);
  const untold = !planned || missing.some((claim) => log.of(claim) === undefined);
  for (const claim of missing) {
    if (log.of(claim)) continue;
    const each = price === undefined ? {} : { usdPerHour: String(price.usdPerHour / count) };
    log.begin({ claim, ...offerOf(plan.nodes), generation, ...each });
  }
  const outcome = progress(context, claims);
  // The Plan, and what is about to be asked for, stand in the status before the first thing that costs money.
  if (untold) await context.publish(outcome);
  let deferred: { readonly reason: string; readonly message: string } | undefined;
  for (const name of missing) {
    try {
      await provisioner.claim(requestFor(context, name));
    } catch (error) {
      if (ProvisioningDeferred.is(error)) {
        deferred ??= { reason: error.reason, message: putOffText(context, name, error) };
        context.wakeAt(now + error.afterMs);
        continue;
      }
      if (!ProvisioningError.is(error)) throw error;
      const { failure, reason, message } = error;
      log.end(name, { failure, reason, message });
      status.condition(conditionTypes.nodeClaimReady, 'False', reason, message);
      context.wakeAt(now + 1000);
      return failure === 'permission' ? blocked(reason, message) : waiting(reason, message);
    }
    log.move(name, 'requested');
    const of = price === undefined ? '' : `, $${price.usdPerHour / count}/hour`;
    const what = `${plan.nodes.instanceType}${of}, for ${plan.model.preset} with ${plan.runtime.name}`;
    status.event('Normal', 'NodeClaimCreated', `Asked for node ${name}: ${what}`);
  }
  context.wakeAt(now + policy.launchMs);
  if (deferred === undefined) return outcome;
  status.condition(conditionTypes.nodeClaimReady, 'False', deferred.reason, deferred.message);
  return waiting(deferred.reason, deferred.message);
}

function progress(context: WorkspaceContext, claims: readonly ClaimState[]): Outcome {
  const { status, plan } = context;
  const failed = claims.find((claim) => claim.phase === 'failed');
  if (failed) {
    const reason = failed.reason ?? 'NodeClaimFailed';
    const said = failed.message ?? 'the provisioner reports a failure';
    const message = context.withDoubts(`node ${failed.name} (${plan.nodes.instanceType}): ${said}`);
    status.condition(conditionTypes.nodeClaimReady, 'False', reason, message);
    return waiting(reason, message);
  }
  const late = claims.filter((claim) => !joined(claim));
  if (late.length > 0) {
    const each = late.map((claim) => whereItIs(context, claim)).join(', ');
    const message = context.withDoubts(`${late.length} of ${claims.length} nodes not there yet: ${each}`);
    status.condition(conditionTypes.nodeClaimReady, 'False', conditionReasons.nodeClaimNotReady, message);
    return waiting(conditionReasons.nodeClaimNotReady, message);
  }
  return done;
}

/** Where a claim is and since when; of one that is on its way back, why it was given up, and what comes after it. */
function whereItIs(context: WorkspaceContext, claim: ClaimState): string {
  const { log, now } = context;
  const { name, phase } = claim;
  const attempt = log.of(name) ?? log.all.findLast((one) => one.claim === name);
  const since = attempt?.ended ?? attempt?.since ?? rfc3339(now);
  const state = `${name} is ${phase}${why(context, claim)} since ${since}`;
  if (phase !== 'releasing') return state;
  const cause = attempt?.message === undefined ? '' : `, given up for: ${attempt.message}`;
  return `${state}${cause}; another is asked for when it is gone`;
}

/** What the provisioner says of it, in parentheses; what is usual at first is not said until it has lasted. */
function why(context: WorkspaceContext, { message, createdAt, usualForMs = 0 }: ClaimState): string {
  if (message === undefined) return '';
  const tellAt = createdAt === undefined ? 0 : Date.parse(createdAt) + usualForMs;
  if (tellAt <= context.now) return ` (${message})`;
  context.wakeAt(tellAt);
  return '';
}
