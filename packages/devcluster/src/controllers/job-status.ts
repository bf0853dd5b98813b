import type { Condition, Job, JobStatus, Pod } from '../kinds.js';
import { isTrue } from './conditions.js';
import { timestamp } from './timestamp.js';

/** Why a Job came to its end, in the words of kube-controller-manager's job controller. */
export interface JobEnding {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** Whether the Job has come to its end, well or not. */
export function isJobFinished(job: Job): boolean {
  return isTrue(job.status?.conditions, 'Complete') || isTrue(job.status?.conditions, 'Failed');
}

/** What the pods of a Job add up to, those that are already counted and gone included. */
export interface JobTally {
  readonly succeeded: number;
  readonly failed: number;
  readonly active: readonly Pod[];
}

/** The ending that the tally calls for; undefined while the Job goes on. */
export function endingOf(job: Job, tally: JobTally, now: number): JobEnding | undefined {
  const { spec, status } = job;
  const limit = spec.backoffLimit ?? 6;
  if (tally.failed > limit || (spec.template.spec.restartPolicy === 'OnFailure' && restarts(tally.active) > limit)) {
    return {
      type: 'Failed',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  const left = untilDeadline(job, now);
  if (left !== undefined && left <= 0) {
    return {
      type: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    };
  }
  const completions = completionsOf(job);
  const done =
    completions === undefined ? tally.succeeded > 0 && tally.active.length === 0 : tally.succeeded >= completions;
  if (!done || status?.startTime === undefined) return undefined;
  return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}

/**
 * How many successes the Job wants. Undefined means a work queue: one success is enough once no other pod works any more.
 * With neither completions nor parallelism it is one (Kubernetes API reference).
 */
export function completionsOf({ spec }: Job): number | undefined {
  return spec.completions ?? (spec.parallelism === undefined ? 1 : undefined);
}

/** Milliseconds until `activeDeadlineSeconds` is over; undefined when none runs. */
export function untilDeadline({ spec, status }: Job, now: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined || spec.suspend === true)
    return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now;
}

/** The conditions that announce an ending; the criteria come first, as since Kubernetes 1.31. */
export function endingConditions(
  conditions: readonly Condition[],
  ending: JobEnding,
  now: number,
): readonly Condition[] {
  const { type, reason, message } = ending;
  const at = timestamp(now);
  const said = (name: string) => ({
    type: name,
    status: 'True',
    reason,
    message,
    lastProbeTime: at,
    lastTransitionTime: at,
  });
  return [...conditions, said(type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'), said(type)];
}

/** How long to wait before the next try: 10 s, doubling with each failure to 10 min, counted from the last one. */
export function retryDelay(failed: readonly Pod[], counted: number, now: number): number {
  if (counted === 0 || failed.length === 0) return 0;
  const last = Math.max(...failed.map(finishedAt));
  return Math.max(0, last + Math.min(10_000 * 2 ** (counted - 1), 600_000) - now);
}

function finishedAt(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map((status) =>
    Date.parse(status.state.terminated?.finishedAt ?? ''),
  );
  const known = ends.filter(Number.isFinite);
  return known.length === 0 ? Date.parse(pod.metadata.creationTimestamp ?? '') : Math.max(...known);
}

function restarts(pods: readonly Pod[]): number {
  return pods.reduce(
    (total, pod) => total + (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0),
    0,
  );
}

/** Everything of a status but the counts, which are worked out anew. */
export function carriedOver(status: JobStatus | undefined): JobStatus {
  const { active: _a, ready: _r, ...rest } = status ?? {};
  return rest;
}
