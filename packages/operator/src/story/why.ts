import {
  type Condition,
  conditionTypes,
  getCondition,
  type NodeAttempt,
  offerText,
  splitNextStep,
  type Workspace,
} from '@kaito-sdk/core';
import { duration } from './duration.js';
import { knownReasons, nextStep } from './next-step.js';

/** What a Workspace waits for, and what to do about it. Plain JSON. */
export interface Why {
  readonly namespace: string;
  readonly name: string;
  /**
   * `ready`: it serves, or the tuning has succeeded. `waiting`: it goes on by itself. `blocked`: a person must act. `failed`: a tuning that
   * came to nothing. `leaving`: it is being deleted. `unseen`: no operator has looked at it.
   */
  readonly state: 'ready' | 'waiting' | 'blocked' | 'failed' | 'leaving' | 'unseen';
  /** The condition that is not True yet; absent when all are. */
  readonly condition?: string;
  readonly reason: string;
  /** The words of that condition, without the way out. */
  readonly message?: string;
  /** One sentence: what, why, since when. */
  readonly sentence: string;
  /** One sentence: what to do next. */
  readonly next: string;
  /** RFC 3339. */
  readonly since?: string;
  /** What was tried and came to nothing, the latest first. */
  readonly failures: readonly string[];
  /** Warnings that were told of it, the latest first. */
  readonly warnings: readonly string[];
}

/** One event about a Workspace, as far as it matters here. */
export interface ToldEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  /** RFC 3339: when it was last told. */
  readonly at: string;
}

const SHOWN = 3;

/** Reads from a Workspace and the events about it what it waits for. Pure: `now` is milliseconds since the epoch. */
export function whyOf(workspace: Workspace, events: readonly ToldEvent[], now: number): Why {
  const { name, namespace = 'default' } = workspace.metadata;
  const place = { namespace, name };
  const rest = { failures: failuresOf(workspace), warnings: warningsOf(events) };
  const conditions = workspace.status?.conditions ?? [];
  const who = `${namespace}/${name}`;
  const age = (condition: Condition) => duration(now - Date.parse(condition.lastTransitionTime));

  const failing = getCondition(conditions, conditionTypes.reconciled);
  const leaving = failing ?? getCondition(conditions, conditionTypes.workspaceDeleting);
  if (workspace.metadata.deletionTimestamp !== undefined) {
    const what = leaving?.message ?? 'no operator has begun with it';
    return {
      ...place,
      state: 'leaving',
      reason: leaving?.reason ?? 'Deleting',
      sentence: `${who} is being deleted: ${what}.`,
      next: failing
        ? stepOutOf(failing, place)
        : leaving
          ? 'Nothing to do: it goes when its nodes are gone.'
          : 'Start the operator: its finalizer waits for it.',
      since: workspace.metadata.deletionTimestamp,
      ...rest,
    };
  }
  const generation = workspace.metadata.generation ?? 0;
  if (conditions.length === 0) {
    return {
      ...place,
      state: 'unseen',
      reason: 'NotSeen',
      sentence: `No operator has looked at ${who} yet: it has no status.`,
      next: 'Check that the operator runs and leads: kubectl get pods -A -l app.kubernetes.io/name=kaito, or kaito operator.',
      ...rest,
    };
  }
  const first = waitingFor(workspace, conditions);
  const judged = first ?? readiness(workspace);
  if (judged && (judged.observedGeneration ?? generation) < generation) {
    return {
      ...place,
      state: 'unseen',
      condition: judged.type,
      reason: 'ChangeNotSeen',
      sentence: `The operator has not looked at the latest change of ${who} yet.`,
      next: 'Wait a few seconds; when it stays so, check that the operator runs.',
      ...rest,
    };
  }
  if (!first) return { ...place, ...readyNow(workspace, who, now), ...rest };
  if (first === failing) {
    const others = conditions.filter((one) => one !== failing);
    const base = whyOf({ ...workspace, status: { ...workspace.status, conditions: others } } as Workspace, events, now);
    const but = `The operator has failed at it for ${age(failing)} (${failing.reason}): ${sentence(failing.message)}`;
    const told = { ...base, sentence: `${base.sentence} ${but}` };
    // What a tuning failed of is still what a person can do something about.
    if (base.state === 'failed') return told;
    if (base.state === 'ready')
      return { ...told, condition: failing.type, reason: failing.reason, next: stepOutOf(failing, place) };
  }
  const { type, reason } = first;
  // A runtime that knows the cause knows the way out as well, and better than a table of reasons.
  const { message: words, remedy } = splitNextStep(first.message);
  const message = withoutRemedy(words, workspace);
  const summary = getCondition(conditions, conditionTypes.workspaceReady);
  // A Plan may wait for something that comes by itself, such as the adapter of a tuning.
  const blocked = summary === undefined ? type === conditionTypes.planned : summary.reason === 'workspaceFailed';
  const failed = workspace.status?.state === 'Failed';
  return {
    ...place,
    state: failed ? 'failed' : blocked ? 'blocked' : 'waiting',
    condition: type,
    reason,
    message,
    sentence: `${who} ${failed ? 'has failed' : blocked ? 'is blocked' : 'is waiting'} for ${age(first)} at ${type} (${reason}): ${sentence(message)}`,
    next: remedyOf(workspace, first) ?? remedy ?? stepOutOf(first, place),
    since: first.lastTransitionTime,
    ...rest,
  };
}

/** What the messages of errors with a code of their own say is what to do. */
function stepOutOf({ type, reason }: Condition, place: { readonly name: string; readonly namespace: string }): string {
  if (type === conditionTypes.reconciled && !knownReasons.includes(reason)) {
    return 'Do what the message says; the log of the operator has the whole error.';
  }
  return nextStep(reason, place);
}

/** The first condition, in the order of the phases, that is not True. */
function waitingFor({ tuning }: Workspace, conditions: readonly Condition[]): Condition | undefined {
  const last =
    tuning === undefined
      ? [conditionTypes.inferenceReady]
      : [conditionTypes.jobStarted, conditionTypes.workspaceSucceeded];
  const { planned, dataChecked, nodeClaimReady, resourceReady } = conditionTypes;
  const order = [planned, dataChecked, nodeClaimReady, resourceReady, ...last];
  const failing = getCondition(conditions, conditionTypes.reconciled);
  // What the others say was so when a pass last came to its end.
  if (failing) return failing;
  const succeeded =
    tuning !== undefined && getCondition(conditions, conditionTypes.workspaceSucceeded)?.status === 'True';
  // The nodes of a tuning that has succeeded are gone, and nobody misses them.
  if (succeeded) return undefined;
  const found = order
    .map((type) => getCondition(conditions, type))
    // Where no pod could look at the data beforehand the tuning does so itself: nothing waits for that.
    .find((one) => one !== undefined && one.status !== 'True' && one.reason !== 'NoRoomForCheck');
  if (found) return found;
  const summary = getCondition(conditions, conditionTypes.workspaceReady);
  return summary !== undefined && summary.status !== 'True' ? summary : undefined;
}

/** The condition that says that all is done. */
function readiness({ status, tuning }: Workspace): Condition | undefined {
  const type = tuning === undefined ? conditionTypes.workspaceReady : conditionTypes.workspaceSucceeded;
  return getCondition(status?.conditions, type);
}

function readyNow(
  workspace: Workspace,
  who: string,
  now: number,
): Pick<Why, 'state' | 'reason' | 'sentence' | 'next' | 'since'> {
  const { status, tuning } = workspace;
  const ready = readiness(workspace);
  const since = ready?.lastTransitionTime;
  const age = since === undefined ? '' : ` for ${duration(now - Date.parse(since))}`;
  const plan = status?.plan;
  const what = plan?.feasible
    ? `: ${plan.model.preset} on ${plan.nodes.count} x ${plan.nodes.instanceType} with ${plan.runtime.name}`
    : '';
  const [namespace, name] = who.split('/');
  return {
    state: 'ready',
    reason: ready?.reason ?? 'Ready',
    ...(tuning === undefined
      ? { sentence: `${who} is ready${age}${what}.`, next: `Ask it something: kaito chat ${name} -n ${namespace}.` }
      : {
          sentence: `The tuning ${who} has succeeded${age}${what}.`,
          next: 'Name its result as an adapter of another Workspace.',
        }),
    ...(since === undefined ? {} : { since }),
  };
}

/** A refusal of the planner brings its own way out. */
function remedyOf({ status }: Workspace, { type }: Condition): string | undefined {
  const plan = status?.plan;
  return type === conditionTypes.planned && plan !== undefined && !plan.feasible ? plan.remedy : undefined;
}

/** The condition says the way out as well; once is enough. */
function withoutRemedy(message: string, { status }: Workspace): string {
  const plan = status?.plan;
  return plan !== undefined && !plan.feasible ? message.replace(` ${plan.remedy}`, '') : message;
}

function failuresOf({ status }: Workspace): readonly string[] {
  return (status?.attempts ?? [])
    .filter(
      (attempt): attempt is NodeAttempt & { ended: string } =>
        attempt.failure !== undefined && attempt.ended !== undefined,
    )
    .toSorted((a, b) => (a.ended < b.ended ? 1 : -1))
    .slice(0, SHOWN)
    .map(
      (attempt) => `${attempt.ended} ${offerText(attempt)}: ${attempt.message ?? attempt.reason ?? attempt.failure}`,
    );
}

function warningsOf(events: readonly ToldEvent[]): readonly string[] {
  return events
    .filter(({ type }) => type === 'Warning')
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, SHOWN)
    .map(({ at, reason, note }) => `${toSeconds(at)} ${reason}: ${note}`);
}

/** Events have microseconds, which the times beside them have not. */
function toSeconds(at: string): string {
  return at.replace(/\.\d+/, '');
}

function sentence(words: string): string {
  const trimmed = words.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
