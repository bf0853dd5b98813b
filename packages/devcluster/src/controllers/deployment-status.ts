import type { Condition, Deployment, ReplicaSet } from '../kinds.js';
import { conditionOf, withCondition } from './conditions.js';
import type { RolloutBounds } from './rollout.js';
import { nonZero } from './status-writer.js';
import { timestamp } from './timestamp.js';

/** What one look at a Deployment and its ReplicaSets found. */
export interface RolloutView {
  readonly deployment: Deployment;
  /** Undefined while there is none for the present template (a paused Deployment). */
  readonly fresh: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly bounds: RolloutBounds;
  /** The set that was made in this very step. */
  readonly created: boolean;
  readonly now: number;
}

/**
 * The status of a Deployment and, while a rollout is under way, the milliseconds until its progress deadline.
 * Reasons and messages are those of kube-controller-manager's deployment controller.
 */
export function deploymentStatus(view: RolloutView): { status: object; untilDeadline: number | undefined } {
  const { deployment, fresh, old } = view;
  const sets = fresh === undefined ? old : [...old, fresh];
  const total = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
  const replicas = total('replicas');
  const available = total('availableReplicas');
  const counts = {
    replicas: nonZero(replicas),
    updatedReplicas: nonZero(fresh?.status?.replicas ?? 0),
    readyReplicas: nonZero(total('readyReplicas')),
    availableReplicas: nonZero(available),
    unavailableReplicas: nonZero(Math.max(0, sets.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0) - available)),
  };
  const { conditions, untilDeadline } = rolloutConditions(view, { replicas, available, counts });
  return {
    status: { observedGeneration: deployment.metadata.generation, ...counts, conditions },
    untilDeadline,
  };
}

/** Whether the present template is all there is and all of it is available. */
export function isComplete({ deployment, fresh, old }: Pick<RolloutView, 'deployment' | 'fresh' | 'old'>): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    fresh !== undefined &&
    (fresh.status?.replicas ?? 0) === wanted &&
    (fresh.status?.availableReplicas ?? 0) === wanted &&
    old.every((set) => (set.status?.replicas ?? 0) === 0 && (set.spec.replicas ?? 1) === 0)
  );
}

function rolloutConditions(
  view: RolloutView,
  seen: { replicas: number; available: number; counts: object },
): { conditions: readonly Condition[]; untilDeadline: number | undefined } {
  const { deployment, fresh, bounds, now } = view;
  const enough = seen.available >= (deployment.spec.replicas ?? 1) - bounds.unavailable;
  let conditions = stamped(deployment.status?.conditions ?? [], now, {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  });
  const failure = [fresh, ...view.old]
    .map((set) => conditionOf(set?.status?.conditions, 'ReplicaFailure'))
    .find((condition) => condition !== undefined);
  conditions =
    failure === undefined
      ? conditions.filter(({ type }) => type !== 'ReplicaFailure')
      : stamped(conditions, now, {
          type: 'ReplicaFailure',
          status: 'True',
          reason: failure.reason ?? '',
          message: failure.message ?? '',
        });

  const progressing = conditionOf(deployment.status?.conditions, 'Progressing');
  const say = (status: string, reason: string, message: string, renew = false) => {
    conditions = stamped(conditions, now, { type: 'Progressing', status, reason, message }, renew);
  };
  if (fresh === undefined) return { conditions, untilDeadline: undefined };
  const name = `ReplicaSet "${fresh.metadata.name}"`;
  if (isComplete(view)) {
    say('True', 'NewReplicaSetAvailable', `${name} has successfully progressed.`);
    return { conditions, untilDeadline: undefined };
  }
  if (view.created) {
    say('True', 'NewReplicaSetCreated', `Created new replica set "${fresh.metadata.name}"`, true);
  } else if (progressing === undefined || moved(deployment, seen.counts)) {
    say('True', 'ReplicaSetUpdated', `${name} is progressing.`, true);
  } else if (progressing.reason === 'NewReplicaSetAvailable') {
    // Complete before: a pod that falls over later does not start the deadline again.
    return { conditions, untilDeadline: undefined };
  }
  const deadlineMs = (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
  const standing = conditionOf(conditions, 'Progressing');
  if (deployment.spec.paused === true || standing?.reason === 'ProgressDeadlineExceeded') {
    return { conditions, untilDeadline: undefined };
  }
  const left = Date.parse(standing?.lastUpdateTime ?? timestamp(now)) + deadlineMs - now;
  if (left > 0) return { conditions, untilDeadline: left };
  say('False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`, true);
  return { conditions, untilDeadline: undefined };
}

/** Progress is more updated, ready or available pods than before, or fewer old ones. */
function moved(
  deployment: Deployment,
  counts: { updatedReplicas?: number; readyReplicas?: number; availableReplicas?: number; replicas?: number },
): boolean {
  const before = deployment.status ?? {};
  const old = (status: { replicas?: number; updatedReplicas?: number }) =>
    (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (counts.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    (counts.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (counts.availableReplicas ?? 0) > (before.availableReplicas ?? 0) ||
    old(counts) < old(before)
  );
}

/** As {@link withCondition}, plus `lastUpdateTime`, which only a change or a renewal moves. */
function stamped(conditions: readonly Condition[], now: number, next: Condition, renew = false): readonly Condition[] {
  const placed = withCondition(conditions, next, now);
  if (placed === conditions && !renew) return conditions;
  return placed.map((one) => (one.type === next.type ? { ...one, lastUpdateTime: timestamp(now) } : one));
}
