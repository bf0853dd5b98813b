import { done, waiting } from '../engine/outcome.js';
import type { ClaimState } from '../plugin/node-provisioner.js';
import { doubtText } from './doubt.js';
import { errorText } from './error-text.js';
import { claimOf, type Judgement, judge, overdue, type Verdict } from './judge-lease.js';
import { type NodeAttempt, offerOf, offerText, reached } from './node-attempt.js';
import { releaseAll } from './release-all.js';
import { cachedSight, type Sight, sourceSight } from './sight.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/** How soon a node is looked at again that should be given up, and of which could not be told whether it is as it seems. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Law 3: every paid node is on a lease. Looks at each claim, notes how far it has come, and gives up what is past its deadline, what
 * cannot come to anything, and what somebody else took away. What is given up is released at once; why stands in `status.attempts`.
 * A watch may be late by minutes: nothing is given up before the source itself has said the same.
 */
export const keepLeases: Phase = async (context) => {
  const { owner, provisioner, workspace, cluster, log, policy } = context;
  let claims = await provisioner.observe(owner);
  if (log.open.some(({ claim, stage }) => stage !== 'asked' && !claims.some(({ name }) => name === claim))) {
    // What looks lost to the cache must be lost to the source as well before it counts.
    claims = await provisioner.observe(owner, { fresh: true });
  }
  // Whoever writes the whole object again (`kubectl replace`) takes the finalizer away; a deletion would then leave the nodes on the bill.
  if (claims.length > 0 && !(await cluster.ensureFinalizer(workspace))) {
    return waiting('WorkspaceGone', 'the Workspace is gone or going');
  }
  adopt(context, claims);
  const cached = cachedSight(context, claims);
  let source: Promise<Sight> | undefined;
  const look = () => {
    source ??= sourceSight(context);
    return source;
  };
  for (const attempt of log.open) {
    const verdict = await verdictOn(context, attempt, cached, look);
    if (verdict === undefined) continue;
    log.end(attempt.claim, verdict);
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
  // Written down before the release, or the next process would see a claim that somebody took away.
  if (surplus.length > 0) await context.record();
  // A release may take several calls, and until the last of them the claim's name is not free for the next try.
  await releaseAll(provisioner, [...surplus, ...claims.filter(({ phase }) => phase === 'releasing')]);
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

/** Notes how far a claim has come, and answers why it is to be given up, if it is. */
async function verdictOn(
  context: WorkspaceContext,
  attempt: NodeAttempt,
  cached: Sight,
  look: () => Promise<Sight>,
): Promise<Verdict | undefined> {
  const { log, now } = context;
  let sight = cached;
  let judgement = await judge(context, attempt, cached);
  if (isGrave(judgement, attempt, now)) {
    try {
      sight = await look();
      judgement = await judge(context, attempt, sight);
    } catch (error) {
      context.wakeAt(now + LOOK_AGAIN_MS);
      context.doubt(doubtText(attempt.claim, errorText(error)));
      return undefined;
    }
  }
  const { stage, failing, verdict, deadline } = judgement;
  if (verdict?.failure === 'vanished') return verdict;
  log.move(attempt.claim, stage);
  if (verdict) return verdict;
  log.hear(attempt.claim, failing);
  if (deadline === undefined) return undefined;
  context.wakeAt(deadline);
  return now < deadline ? undefined : overdue(context, attempt, judgement, claimOf(attempt, sight));
}

/** Whether the caches alone must not be believed: it would be given up, or set back. What vanished was asked for at the source already. */
function isGrave({ stage, verdict, deadline }: Judgement, attempt: NodeAttempt, now: number): boolean {
  if (verdict !== undefined) return verdict.failure !== 'vanished';
  return !reached(stage, attempt.stage) || (deadline !== undefined && now >= deadline);
}
