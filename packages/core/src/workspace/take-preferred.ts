import { conditionTypes } from '../api/conditions.js';
import { type Outcome, waiting } from '../engine/outcome.js';
import { ProvisioningDeferred } from '../plugin/provisioning-deferred.js';
import { isTrue } from '../resource/conditions.js';
import { putOffText, requestFor } from './claim-request.js';
import { offerOf } from './node-attempt.js';
import { avoidedNodes } from './offer-memory.js';
import type { WorkspaceContext } from './workspace-context.js';

/**
 * Takes the nodes that the Workspace prefers, for as many of its claims as they will do for, before anything is bought. They cost nothing,
 * so neither the cap on claims nor the one on money counts them; where none will do, an event says why of each. An outcome when nothing may be
 * bought before it is known whether one can be taken.
 */
export async function takePreferred(context: WorkspaceContext): Promise<Outcome | undefined> {
  const { provisioner, plan, owner, wanted, held, log, generation, policy, status } = context;
  const { names = [] } = plan.nodes.preferred ?? {};
  if (provisioner.take === undefined || names.length === 0 || held) return undefined;
  const existing = new Set((await provisioner.observe(owner)).map(({ name }) => name));
  const missing = wanted.filter((name) => !existing.has(name));
  if (missing.length === 0) return undefined;
  const avoided = avoidedNodes(log, policy);
  const preferredNodes = names.filter((name) => !avoided.has(name));
  if (preferredNodes.length === 0) return undefined;
  // The Plan stands in the status before its first deed, although this one is free.
  if (!isTrue(context.workspace.status?.conditions, conditionTypes.planned))
    await context.publish(waiting('TakingPreferredNodes', `looks for ${preferredNodes.join(', ')}`));
  for (const name of missing) {
    const answer = await asked(() => provisioner.take?.({ ...requestFor(context, name), preferredNodes }));
    if (ProvisioningDeferred.is(answer)) {
      const { reason, afterMs } = answer;
      const message = putOffText(context, name, answer);
      context.wakeAt(context.now + afterMs);
      status.condition(conditionTypes.nodeClaimReady, 'False', reason, message);
      return waiting(reason, message);
    }
    if (!answer?.taken) {
      // Asked once for each claim that is then bought: a claim that is written down already has had its answer told.
      if (log.of(name) === undefined)
        status.event('Normal', 'PreferredNodesPassedOver', `Node ${name} is got otherwise: ${answer?.why}`);
      return undefined;
    }
    log.own({ claim: name, ...offerOf(plan.nodes), generation }, answer.node);
    status.event('Normal', 'PreferredNodeTaken', `Took node ${answer.node} for ${name}: it costs nothing`);
  }
  return undefined;
}

/** What was answered, a putting off included. */
async function asked<T>(take: () => Promise<T> | undefined): Promise<T | ProvisioningDeferred | undefined> {
  try {
    return await take();
  } catch (error) {
    if (ProvisioningDeferred.is(error)) return error;
    throw error;
  }
}
