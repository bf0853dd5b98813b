import { type Condition, type Job, type JobStatus, kinds, type Pod } from '../kinds.js';
import { messageOf } from './api-failure.js';
import { conditionOf, withCondition } from './conditions.js';
import { type Controller, type ControllerContext, keyOf, source, splitKey } from './controller.js';
import {
  carriedOver,
  completionsOf,
  endingConditions,
  endingOf,
  isJobFinished,
  type JobEnding,
  retryDelay,
  untilDeadline,
} from './job-status.js';
import type { Again } from './keyed-queue.js';
import { dependantsOf, ownerKeys } from './ownership.js';
import { judgeFailure } from './pod-failure-policy.js';
import { isActive, isFinished, isReady, mostExpendableFirst, podFromTemplate } from './pods.js';
import { nonZero, writeStatus } from './status-writer.js';
import { timestamp } from './timestamp.js';

const component = 'job-controller';
const trackingFinalizer = 'batch.kubernetes.io/job-tracking';

/**
 * Runs pods to their end (kube-controller-manager's job controller): completions, parallelism, back-off, suspend,
 * deadline, pod failure policy, clean-up after `ttlSecondsAfterFinished`. Completion mode Indexed and success policies are not
 * done: such a Job fails at once and says so.
 *
 * A finished pod is counted before its finalizer is taken off, so that no crash and no deletion loses or doubles a count.
 */
export function jobController({ view, clock, events }: ControllerContext): Controller {
  const podsOf = dependantsOf(view, kinds.pods);

  return {
    name: 'job',
    sources: [
      source(kinds.jobs, ({ object }) => [keyOf(object)]),
      source(kinds.pods, ({ object, previous }) => ownerKeys(kinds.jobs, object, previous)),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const job = view.mirror(kinds.jobs).get(namespace, name);
      // A Job that is gone holds no pod: its pods wait to be let go.
      if (job === undefined) return release(orphans(namespace, name));
      const pods = podsOf(job.metadata.uid ?? '');
      if (job.metadata.deletionTimestamp !== undefined) return release(pods);
      if (isJobFinished(job)) {
        await release(pods);
        return cleanUp(job);
      }
      return advance(await count(job, pods));
    },
  };

  function orphans(namespace: string | undefined, name: string): readonly Pod[] {
    return view
      .mirror(kinds.pods)
      .list(namespace)
      .filter((pod) => pod.metadata.finalizers?.includes(trackingFinalizer) && ownerNames(pod).includes(name));
  }

  /** Pods of a Job that is over or going must not be held. */
  async function release(pods: readonly Pod[]): Promise<undefined> {
    for (const pod of pods) await untrack(pod);
    return undefined;
  }

  async function untrack(pod: Pod): Promise<void> {
    const finalizers = pod.metadata.finalizers ?? [];
    if (!finalizers.includes(trackingFinalizer)) return;
    const rest = finalizers.filter((finalizer) => finalizer !== trackingFinalizer);
    await view.merge(kinds.pods, pod, { metadata: { finalizers: rest.length === 0 ? null : rest } });
  }

  async function cleanUp(job: Job): Promise<Again | undefined> {
    const ttl = job.spec.ttlSecondsAfterFinished;
    const ended = job.status?.conditions?.find(
      ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
    );
    if (ttl === undefined || ended?.lastTransitionTime === undefined) return undefined;
    const left = Date.parse(ended.lastTransitionTime) + ttl * 1000 - clock.now();
    if (left > 0) return { afterMs: left };
    await view.delete(kinds.jobs, job, { propagationPolicy: 'Foreground' });
    return undefined;
  }

  /** Moves finished pods into the counters: noted by uid, then let go, then added up. */
  async function count(job: Job, pods: readonly Pod[]): Promise<Job> {
    const tracked = pods.filter((pod) => pod.metadata.finalizers?.includes(trackingFinalizer) && hasEnded(job, pod));
    const ignored = tracked.filter((pod) => isIgnored(job, pod));
    for (const pod of ignored) await untrack(pod);
    const ended = tracked.filter((pod) => !ignored.includes(pod));
    const noted = job.status?.uncountedTerminatedPods ?? {};
    if (ended.length === 0 && (noted.succeeded ?? []).length === 0 && (noted.failed ?? []).length === 0) return job;
    const uids = (won: boolean) => ended.filter((pod) => (pod.status?.phase === 'Succeeded') === won).map(uidOf);
    const succeeded = [...new Set([...(noted.succeeded ?? []), ...uids(true)])];
    const failed = [...new Set([...(noted.failed ?? []), ...uids(false)])];
    const withNotes = await writeStatus(view, kinds.jobs, job, {
      ...job.status,
      uncountedTerminatedPods: { succeeded, failed },
    });
    for (const pod of ended) await untrack(pod);
    return writeStatus(view, kinds.jobs, withNotes, {
      ...withNotes.status,
      uncountedTerminatedPods: undefined,
      succeeded: nonZero((job.status?.succeeded ?? 0) + succeeded.length),
      failed: nonZero((job.status?.failed ?? 0) + failed.length),
    });
  }

  async function advance(job: Job): Promise<Again | undefined> {
    const now = clock.now();
    const pods = podsOf(job.metadata.uid ?? '');
    const active = pods.filter(isActive);
    const counted = { succeeded: job.status?.succeeded ?? 0, failed: job.status?.failed ?? 0 };
    const unsupported = notDone(job);
    const ending = unsupported ?? endingByPolicy(job, pods) ?? endingOf(job, { ...counted, active }, now);
    if (ending !== undefined) return finish(job, active, ending);
    if (job.spec.suspend === true) return suspend(job, active);

    const status = started(job, now);
    const failedPods = pods.filter((pod) => pod.status?.phase === 'Failed' && !isIgnored(job, pod));
    const wait = retryDelay(failedPods, counted.failed, now);
    const wanted = wantedPods(job, counted.succeeded, active.length);
    const surplus = mostExpendableFirst(active).slice(0, Math.max(0, active.length - wanted));
    for (const pod of surplus) await removePod(job, pod);
    let failure: unknown;
    if (wait === 0) {
      for (let missing = wanted - active.length; missing > 0 && failure === undefined; missing--) {
        failure = await createPod(job).then(
          () => undefined,
          (error: unknown) => error,
        );
      }
    }
    await writeCounts(job, status);
    if (failure !== undefined) throw failure;
    const timers = [untilDeadline({ ...job, status }, now), wait === 0 ? undefined : wait].filter(
      (ms) => ms !== undefined,
    );
    return timers.length === 0 ? undefined : { afterMs: Math.min(...timers) };
  }

  async function writeCounts(job: Job, status: JobStatus, ending?: JobEnding): Promise<void> {
    const active = ending === undefined ? podsOf(job.metadata.uid ?? '').filter(isActive) : [];
    await writeStatus(view, kinds.jobs, job, {
      ...carriedOver(status),
      active: nonZero(active.length),
      ready: active.filter(isReady).length,
    });
  }

  async function finish(job: Job, active: readonly Pod[], ending: JobEnding): Promise<undefined> {
    for (const pod of active) await removePod(job, pod);
    const now = clock.now();
    const base = started(job, now);
    await writeCounts(
      job,
      {
        ...base,
        // Pods that had to be stopped count as failed.
        ...(ending.type === 'Failed' && active.length > 0 ? { failed: (base.failed ?? 0) + active.length } : {}),
        conditions: endingConditions(base.conditions ?? [], ending, now),
        ...(ending.type === 'Complete' ? { completionTime: timestamp(now) } : {}),
      },
      ending,
    );
    if (ending.type === 'Complete') events.record(job, 'Normal', 'Completed', 'Job completed', component);
    else events.record(job, 'Warning', ending.reason, ending.message, component);
    return undefined;
  }

  async function suspend(job: Job, active: readonly Pod[]): Promise<undefined> {
    for (const pod of active) await removePod(job, pod);
    const conditions = job.status?.conditions ?? [];
    const suspended: Condition = {
      type: 'Suspended',
      status: 'True',
      reason: 'JobSuspended',
      message: 'Job suspended',
    };
    const next = withCondition(conditions, suspended, clock.now());
    if (next !== conditions) events.record(job, 'Normal', 'Suspended', 'Job suspended', component);
    // The deadline begins anew when the Job goes on.
    const { startTime: _, ...rest } = job.status ?? {};
    await writeCounts(job, { ...rest, conditions: next });
    return undefined;
  }

  function started(job: Job, now: number): JobStatus {
    const conditions = job.status?.conditions ?? [];
    const wasSuspended = conditionOf(conditions, 'Suspended')?.status === 'True';
    if (wasSuspended) events.record(job, 'Normal', 'Resumed', 'Job resumed', component);
    const resumed: Condition = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' };
    const next = wasSuspended ? withCondition(conditions, resumed, now) : conditions;
    return {
      ...job.status,
      startTime: job.status?.startTime ?? timestamp(now),
      ...(next.length === 0 ? {} : { conditions: next }),
    };
  }

  async function createPod(job: Job): Promise<void> {
    const uid = uidOf(job);
    // The server puts these on the template as well; a Job made with a selector of its own needs them on the pods.
    const labels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': job.metadata.name,
      'controller-uid': uid,
      'job-name': job.metadata.name,
    };
    try {
      const template = podFromTemplate(kinds.jobs, job, job.spec.template, { labels, finalizers: [trackingFinalizer] });
      const pod = await view.create(kinds.pods, template);
      events.record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, component);
    } catch (error) {
      events.record(job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, component);
      throw error;
    }
  }

  async function removePod(job: Job, pod: Pod): Promise<void> {
    await untrack(pod);
    const fresh = view.mirror(kinds.pods).get(pod.metadata.namespace, pod.metadata.name);
    if (fresh !== undefined) await view.delete(kinds.pods, fresh);
    events.record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, component);
  }
}

/** A pod that was deleted before it ended counts as failed, or a Job would wait for it for ever. */
function hasEnded({ spec }: Job, pod: Pod): boolean {
  // With a policy a pod counts when it has failed for good: what it is judged by is known only then.
  return isFinished(pod) || (spec.podFailurePolicy === undefined && pod.metadata.deletionTimestamp !== undefined);
}

function isIgnored(job: Job, pod: Pod): boolean {
  return pod.status?.phase === 'Failed' && judgeFailure(job, pod).action === 'Ignore';
}

/** The ending that a failed pod calls for by the policy of its Job. */
function endingByPolicy(job: Job, pods: readonly Pod[]): JobEnding | undefined {
  for (const pod of pods) {
    const verdict = pod.status?.phase === 'Failed' ? judgeFailure(job, pod) : undefined;
    if (verdict?.action === 'FailJob') return { type: 'Failed', reason: 'PodFailurePolicy', message: verdict.message };
  }
  return undefined;
}

function wantedPods(job: Job, succeeded: number, active: number): number {
  const parallelism = job.spec.parallelism ?? 1;
  const completions = completionsOf(job);
  if (completions !== undefined) return Math.min(parallelism, Math.max(0, completions - succeeded));
  // A work queue: after the first success no new pod starts, the others finish.
  return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
}

function notDone({ spec }: Job): JobEnding | undefined {
  const field =
    spec.completionMode === 'Indexed'
      ? 'spec.completionMode: Indexed'
      : 'successPolicy' in spec
        ? 'spec.successPolicy'
        : undefined;
  if (field === undefined) return undefined;
  return {
    type: 'Failed',
    reason: 'NotSupportedByDevcluster',
    message: `this devcluster does not do ${field}; use a real cluster, or leave the field out`,
  };
}

function ownerNames({ metadata }: Pod): readonly string[] {
  return (metadata.ownerReferences ?? []).filter(({ kind }) => kind === 'Job').map(({ name }) => name);
}

function uidOf(object: { metadata: { uid?: string } }): string {
  return object.metadata.uid ?? '';
}
