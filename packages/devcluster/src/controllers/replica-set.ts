import { type Condition, kinds, type Pod, type ReplicaSet } from '../kinds.js';
import { messageOf } from './api-failure.js';
import { withCondition } from './conditions.js';
import { type Controller, type ControllerContext, keyOf, source, splitKey } from './controller.js';
import { claimPods, controllerOf, ownerKeys } from './ownership.js';
import { isActive, mostExpendableFirst, podFromTemplate, readiness } from './pods.js';
import { selects } from './selector.js';
import { nonZero, writeStatus } from './status-writer.js';

const component = 'replicaset-controller';

/** Keeps as many pods of one template as a ReplicaSet asks for (kube-controller-manager's replicaset controller). */
export function replicaSetController({ view, clock, events }: ControllerContext): Controller {
  return {
    name: 'replicaset',
    sources: [
      source(kinds.replicaSets, ({ object }) => [keyOf(object)]),
      source(kinds.pods, ({ object, previous }) => {
        if (controllerOf(object) !== undefined) return ownerKeys(kinds.replicaSets, object, previous);
        const adopters = view.mirror(kinds.replicaSets).list(object.metadata.namespace);
        return [
          ...adopters.filter((set) => selects(set.spec.selector, object.metadata.labels)).map(keyOf),
          ...ownerKeys(kinds.replicaSets, previous),
        ];
      }),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = view.mirror(kinds.replicaSets).get(namespace, name);
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
      const pods = (await claimPods(view, kinds.replicaSets, set, set.spec.selector)).filter(isActive);
      const failure = await scale(set, pods);
      const left = (await claimPods(view, kinds.replicaSets, set, set.spec.selector)).filter(isActive);
      const againMs = await report(set, left, failure);
      if (failure !== undefined) throw failure.error;
      return againMs === undefined ? undefined : { afterMs: againMs };
    },
  };

  async function scale(set: ReplicaSet, pods: readonly Pod[]): Promise<Failure | undefined> {
    const surplus = pods.length - (set.spec.replicas ?? 1);
    for (const pod of mostExpendableFirst(pods).slice(0, Math.max(0, surplus))) {
      await view.delete(kinds.pods, pod);
      events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, component);
    }
    for (let missing = -surplus; missing > 0; missing--) {
      try {
        const pod = await view.create(kinds.pods, podFromTemplate(kinds.replicaSets, set, set.spec.template, {}));
        events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, component);
      } catch (error) {
        events.record(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, component);
        return { reason: 'FailedCreate', error };
      }
    }
    return undefined;
  }

  async function report(
    set: ReplicaSet,
    pods: readonly Pod[],
    failure: Failure | undefined,
  ): Promise<number | undefined> {
    const { ready, available, againMs } = readiness(pods, set.spec.minReadySeconds ?? 0, clock.now());
    const labels = set.spec.template.metadata?.labels ?? {};
    const conditions = failureCondition(set.status?.conditions ?? [], failure, clock.now());
    await writeStatus(view, kinds.replicaSets, set, {
      replicas: pods.length,
      fullyLabeledReplicas: nonZero(pods.filter((pod) => selects({ matchLabels: labels }, pod.metadata.labels)).length),
      readyReplicas: nonZero(ready),
      availableReplicas: nonZero(available),
      observedGeneration: set.metadata.generation,
      ...(conditions.length === 0 ? {} : { conditions }),
    });
    return againMs;
  }
}

interface Failure {
  readonly reason: string;
  readonly error: unknown;
}

function failureCondition(
  conditions: readonly Condition[],
  failure: Failure | undefined,
  now: number,
): readonly Condition[] {
  if (failure === undefined) return conditions.filter(({ type }) => type !== 'ReplicaFailure');
  const { reason, error } = failure;
  return withCondition(conditions, { type: 'ReplicaFailure', status: 'True', reason, message: messageOf(error) }, now);
}
