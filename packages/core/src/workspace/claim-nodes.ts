import { blocked, done, type Outcome, waiting } from '../engine/outcome.js';
import type { ClaimState, ProvisioningFailure } from '../plugin/node-provisioner.js';
import { claimNames } from './claim-names.js';
import { joined } from './claim-progress.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/** Failures that another try on the same terms will not cure: a person must act. */
const NEEDS_A_PERSON: ReadonlySet<ProvisioningFailure> = new Set(['unsupported', 'permission']);

/**
 * Asks for the nodes of the Plan that do not exist yet, and waits until each has joined the cluster. It goes on at the join and
 * not at the GPU: the scheduler holds the pods until the devices show, and the image pull overlaps the driver's installation.
 */
export const claimNodes: Phase = async (context) => {
  const { owner, plan, provisioner, status, publish } = context;
  const wanted = claimNames(owner, plan.nodes.instanceType, plan.nodes.count);
  const existing = new Map((await provisioner.observe(owner)).map((claim) => [claim.name, claim]));
  const missing = wanted.filter((name) => !existing.has(name));
  const claims = wanted.map((name) => existing.get(name) ?? { name, owner, phase: 'requested' as const });
  status.nodes(claims.flatMap((claim) => claim.nodeName ?? []));
  const outcome = progress(context, claims);
  // The Plan, and what is about to be asked for, stand in the status before the first thing that costs money.
  if (missing.length > 0) await publish(outcome);
  for (const name of missing) {
    await provisioner.claim({
      name,
      owner,
      instanceType: plan.nodes.instanceType,
      capacityType: plan.nodes.capacityType,
      diskBytes: plan.nodes.diskBytes,
      labels: plan.nodes.labels,
      ...(plan.nodes.zone === undefined ? {} : { zone: plan.nodes.zone }),
    });
    status.event('Normal', 'NodeClaimCreated', `Asked for node ${name} (${plan.nodes.instanceType})`);
  }
  return outcome;
};

function progress({ status, plan }: WorkspaceContext, claims: readonly ClaimState[]): Outcome {
  const failed = claims.find((claim) => claim.phase === 'failed');
  if (failed) {
    const reason = failed.reason ?? 'NodeClaimFailed';
    const message = `node ${failed.name} (${plan.nodes.instanceType}): ${failed.message ?? 'the provisioner reports a failure'}`;
    status.condition('NodeClaimReady', 'False', reason, message);
    const hopeless = failed.failure !== undefined && NEEDS_A_PERSON.has(failed.failure);
    return hopeless ? blocked(reason, message) : waiting(reason, message);
  }
  const late = claims.filter((claim) => !joined(claim));
  if (late.length > 0) {
    const message = `${late.length} of ${claims.length} nodes not there yet: ${late.map(describe).join(', ')}`;
    status.condition('NodeClaimReady', 'False', 'NodeClaimNotReady', message);
    return waiting('NodeClaimNotReady', message);
  }
  return done;
}

function describe(claim: ClaimState): string {
  const why = claim.message ? ` (${claim.message})` : '';
  return `${claim.name} is ${claim.phase}${why}`;
}
