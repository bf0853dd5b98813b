import { conditionTypes } from '../api/conditions.js';
import type { Workspace } from '../api/workspace.js';
import { plan } from '../plan/plan-workspace.js';
import type { ClaimState } from '../plugin/node-provisioner.js';
import { hasDevicePlugin } from './device-plugins.js';
import { withoutDoubts } from './doubt.js';
import { type AttemptFailure, furthest, type NodeAttempt, offerOf, type Stage } from './node-attempt.js';
import { stageOf } from './node-stage.js';
import { unavailableOffers } from './offer-memory.js';
import type { Sight } from './sight.js';
import type { WorkspaceContext } from './workspace-context.js';

const MINUTE = 60_000;

/** Why a claim is given up. */
export interface Verdict {
  readonly failure: AttemptFailure;
  readonly reason: string;
  readonly message: string;
}

/** How far a claim has come by what is seen of it, and whether it is to be given up. */
export interface Judgement {
  readonly stage: Stage;
  /** What the claim says that fails and is left to its deadline. */
  readonly failing?: Verdict;
  /** It is to be given up, whatever its deadline. */
  readonly verdict?: Verdict;
  /** When its stage has lasted too long, milliseconds since the epoch; absent for one that may last. */
  readonly deadline?: number;
}

/** Judges a claim that is on the lease. Notes nothing. */
export async function judge(context: WorkspaceContext, attempt: NodeAttempt, sight: Sight): Promise<Judgement> {
  const { workspace, now } = context;
  const claim = claimOf(attempt, sight);
  const { stage: before } = attempt;
  if (!claim || claim.phase === 'releasing') {
    const unborn = before === 'asked' && !claim;
    return { stage: before, ...(unborn ? {} : { verdict: vanished(attempt) }) };
  }
  if (claim.own && !prefers(workspace, claim.nodeName)) return { stage: before, verdict: withdrawn(claim) };
  const [node, pods] = await Promise.all([sight.node(claim), sight.pods()]);
  const stage = stageOf(claim, attempt, node, devicesOf(context, attempt), pods);
  const failing = claim.phase === 'failed' ? told(claim) : undefined;
  const verdict = failing && refusal(context, attempt, failing);
  if (verdict) return { stage, verdict };
  const judgement = { stage, ...(failing === undefined ? {} : { failing }) };
  if (stage === 'ready') return judgement;
  const since = stage === before ? Date.parse(attempt.since) : now;
  const deadline = since + limitOf(context, stage);
  if (now < deadline || stage !== 'running' || !(await sight.ready())) return { ...judgement, deadline };
  return { stage: 'ready' };
}

/** The claim of an attempt. */
export function claimOf({ claim }: NodeAttempt, { claims }: Sight): ClaimState | undefined {
  return claims.find(({ name }) => name === claim);
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
function vanished(attempt: NodeAttempt): Verdict {
  const { failure, reason, message, node } = attempt;
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
    message: `it was taken back by somebody else while ${furthest(attempt)}; a provisioner does so when there is no capacity or its node class is not ready`,
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

/** Why a claim is given up whose stage has lasted too long. */
export async function overdue(
  context: WorkspaceContext,
  attempt: NodeAttempt,
  { stage, failing }: Judgement,
  claim: ClaimState | undefined,
): Promise<Verdict> {
  const minutes = Math.round(limitOf(context, stage) / MINUTE);
  const last = claim?.message === undefined ? '' : `: ${claim.message}`;
  if (stage === 'requested') {
    const failure = failing !== undefined && claim?.failure !== undefined ? claim.failure : 'deadline';
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
    message: `${what} after ${minutes} minutes${why?.status === 'False' ? `: ${withoutDoubts(why.message)}` : ''}`,
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
