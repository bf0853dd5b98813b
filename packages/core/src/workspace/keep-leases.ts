import { conditionTypes } from '../api/conditions.js';
import type { Workspace } from '../api/workspace.js';
import { done } from '../engine/outcome.js';
import { plan } from '../plan/plan-workspace.js';
import type { ClaimState } from '../plugin/node-provisioner.js';
import { hasDevicePlugin } from './device-plugins.js';
import { type AttemptFailure, type NodeAttempt, offerOf, offerText, type Stage } from './node-attempt.js';
import { stageOf } from './node-stage.js';
import { unavailableOffers } from './offer-memory.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

const MINUTE = 60_000;

interface Verdict {
  readonly failure: AttemptFailure;
  readonly reason: string;
  readonly message: string;
}

/**
 * Law 3: every paid node is on a lease. Looks at each claim, notes how far it has come, and gives up what is past its deadline, what
 * cannot come to anything, and what somebody else took away. What is given up is released at once; why stands in `status.attempts`.
 */
export const keepLeases: Phase = async (context) => {
  const { owner, provisioner, log, policy } = context;
  let claims = await provisioner.observe(owner);
  if (log.open.some(({ claim, stage }) => stage !== 'asked' && !claims.some(({ name }) => name === claim))) {
    // What looks lost to the cache must be lost to the source as well before it counts.
    claims = await provisioner.observe(owner, { fresh: true });
  }
  adopt(context, claims);
  const given: NodeAttempt[] = [];
  for (const attempt of log.open) {
    const claim = claims.find(({ name }) => name === attempt.claim);
    const verdict = await judge(context, attempt, claim);
    if (verdict === undefined) continue;
    log.end(attempt.claim, verdict);
    given.push(attempt);
    context.status.event(
      'Warning',
      verdict.reason,
      `Gave up node ${attempt.claim} (${offerText(attempt)}): ${verdict.message}`,
    );
  }
  log.prune(policy);
  context.inherit(
    claims.filter(
      ({ name, phase, inherited = false }) => inherited && phase !== 'releasing' && log.of(name) !== undefined,
    ),
  );
  const surplus = claims.filter(({ name, phase }) => phase !== 'releasing' && log.of(name) === undefined);
  if (surplus.length > 0) {
    // Written down before the release, or the next process would see a claim that somebody took away.
    await context.record();
    for (const claim of surplus) await provisioner.release(claim);
  }
  // A release may take several calls, and until the last of them the claim's name is not free for the next try.
  for (const claim of claims) if (claim.phase === 'releasing') await provisioner.release(claim);
  return done;
};

/** A claim of ours that no record tells of (its status was lost) goes on the lease from the day it was made. */
function adopt({ log, workspace, generation }: WorkspaceContext, claims: readonly ClaimState[]): void {
  const known = new Set(log.all.map(({ claim }) => claim));
  const { plan: last } = workspace.status ?? {};
  for (const { name, phase, instanceType = '', createdAt, own, nodeName } of claims) {
    if (known.has(name) || phase === 'releasing') continue;
    const offer = last?.feasible && last.nodes.instanceType === instanceType ? offerOf(last.nodes) : undefined;
    log.begin({
      claim: name,
      ...(offer ?? { instanceType, capacityType: 'on-demand' }),
      generation,
      stage: 'requested',
      ...(createdAt === undefined ? {} : { asked: createdAt, since: createdAt }),
      ...(own && nodeName !== undefined ? { node: nodeName } : {}),
    });
  }
}

async function judge(
  context: WorkspaceContext,
  attempt: NodeAttempt,
  claim: ClaimState | undefined,
): Promise<Verdict | undefined> {
  const { log, cluster, workspace } = context;
  if (!claim || claim.phase === 'releasing') return attempt.stage === 'asked' && !claim ? undefined : vanished(attempt);
  if (claim.own && !prefers(workspace, claim.nodeName)) return withdrawn(claim);
  const stage = stageOf(
    claim,
    attempt,
    cluster.node(claim.nodeName ?? ''),
    devicesOf(context, attempt),
    cluster.pods(workspace),
  );
  log.move(attempt.claim, stage);
  const failing = claim.phase === 'failed' ? told(claim) : undefined;
  const verdict = failing && refusal(context, attempt, failing);
  if (verdict) return verdict;
  log.hear(attempt.claim, failing);
  if (stage === 'ready') return undefined;
  const since = Date.parse(log.of(attempt.claim)?.since ?? attempt.since);
  const limit = limitOf(context, stage);
  context.wakeAt(since + limit);
  return context.now < since + limit ? undefined : overdue(context, attempt, claim, stage, limit);
}

/** Whoever names a node may take it back, and what runs there moves. Read with care: the Workspace has not been admitted yet. */
function prefers({ resource }: Workspace, node = ''): boolean {
  const names: unknown = resource?.preferredNodes;
  return Array.isArray(names) && names.includes(node);
}

function withdrawn({ nodeName }: ClaimState): Verdict {
  const message = `node ${nodeName} is no longer named in resource.preferredNodes`;
  return { failure: 'vanished', reason: 'NodeWithdrawn', message };
}

/** Somebody else took the claim back. Where it had said before why it fails, that is the reason. */
function vanished({ stage, failure, reason, message, node }: NodeAttempt): Verdict {
  if (node !== undefined) {
    const gone = `node ${node} is gone, or its claim was taken off it by somebody else`;
    return { failure: 'vanished', reason: 'NodeClaimVanished', message: gone };
  }
  if (failure !== undefined && reason !== undefined && message !== undefined) {
    return { failure, reason, message: `${message}; then it was taken back by somebody else` };
  }
  return {
    failure: 'vanished',
    reason: 'NodeClaimVanished',
    message: `it was taken back by somebody else while ${stage}; a provisioner does so when there is no capacity or its node class is not ready`,
  };
}

/** What a claim says that fails. */
function told({ failure = 'transient', reason = 'NodeClaimFailed', message }: ClaimState): Verdict {
  return { failure, reason, message: message ?? 'the provisioner reports a failure' };
}

/** A refusal ends the attempt at once where waiting cannot help, or where there is something else to try; else its deadline does. */
function refusal(context: WorkspaceContext, attempt: NodeAttempt, verdict: Verdict): Verdict | undefined {
  const { failure, message } = verdict;
  if (failure === 'permission' || failure === 'unsupported') return verdict;
  if (failure === 'transient') return undefined;
  const { workspace, log, policy, generation } = context;
  const unavailable = [...unavailableOffers(log, policy, generation), { ...offerOf(attempt), reason: message }];
  return plan(workspace, { ...context.catalogs, unavailable }).feasible ? verdict : undefined;
}

async function overdue(
  context: WorkspaceContext,
  attempt: NodeAttempt,
  claim: ClaimState,
  stage: Stage,
  limitMs: number,
): Promise<Verdict> {
  const minutes = Math.round(limitMs / MINUTE);
  const last = claim.message === undefined ? '' : `: ${claim.message}`;
  if (stage === 'requested') {
    const failure = claim.phase === 'failed' && claim.failure !== undefined ? claim.failure : 'deadline';
    return { failure, reason: 'NodeLaunchOverdue', message: `no machine after ${minutes} minutes${last}` };
  }
  if (stage === 'launched') {
    return {
      failure: 'deadline',
      reason: 'NodeJoinOverdue',
      message: `its machine runs and has not joined the cluster after ${minutes} minutes${last}`,
    };
  }
  if (stage === 'joined') {
    const devices = devicesOf(context, attempt);
    if (devices && !(await hasDevicePlugin(context.cluster, devices.resource))) {
      const message = `no node of this cluster shows ${devices.resource} and no DaemonSet mounts the kubelet's folder for device plugins: install the device plugin`;
      return { failure: 'no-plugin', reason: 'DevicePluginMissing', message };
    }
    return {
      failure: 'deadline',
      reason: 'NodeDevicesOverdue',
      message: `it has joined and is not usable after ${minutes} minutes: not ready, or its devices do not show`,
    };
  }
  const what = stage === 'running' ? 'the model was not ready' : 'no pod ran on it';
  const why = context.workspace.status?.conditions?.find(
    ({ type }) => type === conditionTypes.inferenceReady || type === conditionTypes.jobStarted,
  );
  return {
    failure: 'workload',
    reason: stage === 'running' ? 'WorkloadReadyOverdue' : 'WorkloadStartOverdue',
    message: `${what} after ${minutes} minutes${why?.status === 'False' ? `: ${why.message}` : ''}`,
  };
}

function limitOf({ policy, workspace }: WorkspaceContext, stage: Stage): number {
  if (stage === 'asked' || stage === 'requested') return policy.launchMs;
  if (stage === 'launched') return policy.joinMs;
  if (stage === 'joined') return policy.devicesMs;
  if (stage === 'visible') return policy.runningMs;
  const { plan: last } = workspace.status ?? {};
  return Math.max(policy.readyMs, last?.feasible ? last.engine.startupSeconds * 1500 : 0);
}

function devicesOf({ workspace }: WorkspaceContext, { instanceType }: NodeAttempt) {
  const { plan: last } = workspace.status ?? {};
  if (!last?.feasible || last.nodes.instanceType !== instanceType) return undefined;
  return { resource: last.nodes.gpuResource, count: last.nodes.gpusPerNode };
}
