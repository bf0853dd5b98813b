import { kinds, type Pod, type StatefulSet } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { messageOf } from './api-failure.js';
import { type Controller, type ControllerContext, keyOf, source, splitKey } from './controller.js';
import { claimPods, controllerOf, ownerKeys } from './ownership.js';
import { isFinished, isReady, readiness } from './pods.js';
import { selects } from './selector.js';
import { ordinalOf, podName, statefulPod, volumeClaims } from './stateful-pod.js';
import { writeStatus } from './status-writer.js';
import { keepRevisions, revisionLabel } from './template-revisions.js';

const component = 'statefulset-controller';

/** Keeps pods with fixed names, in order or all at once (kube-controller-manager's statefulset controller). */
export function statefulSetController({ view, clock, events }: ControllerContext): Controller {
  return {
    name: 'statefulset',
    sources: [
      source(kinds.statefulSets, ({ object }) => [keyOf(object)]),
      source(kinds.controllerRevisions, () => []),
      source(kinds.pods, ({ object, previous }) => {
        if (controllerOf(object) !== undefined) return ownerKeys(kinds.statefulSets, object, previous);
        const adopters = view.mirror(kinds.statefulSets).list(object.metadata.namespace);
        return adopters.filter((set) => selects(set.spec.selector, object.metadata.labels)).map(keyOf);
      }),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = view.mirror(kinds.statefulSets).get(namespace, name);
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
      const live = [set.status?.currentRevision, ...(await claimed(set)).map(revisionOf)];
      const { update, templateOf } = await keepRevisions(view, kinds.statefulSets, set, live);
      const current = set.status?.currentRevision ?? update;
      const { failure } = await keepPods(set, current, update, templateOf);
      const pods = await claimPods(view, kinds.statefulSets, set, set.spec.selector);
      const againMs = await report(set, pods, current, update);
      if (failure !== undefined) throw failure;
      return againMs === undefined ? undefined : { afterMs: againMs };
    },
  };

  function claimed(set: StatefulSet): Promise<Pod[]> {
    return claimPods(view, kinds.statefulSets, set, set.spec.selector);
  }

  /** One step towards the wanted pods; the watch brings the next one. */
  async function keepPods(
    set: StatefulSet,
    current: string,
    update: string,
    templateOf: (revision: string) => StatefulSet['spec']['template'],
  ): Promise<{ failure?: unknown }> {
    const start = set.spec.ordinals?.start ?? 0;
    const end = start + (set.spec.replicas ?? 1);
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const ordered = set.spec.podManagementPolicy !== 'Parallel';
    const pods = await claimed(set);
    const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod.metadata.name), pod]));

    for (let ordinal = start; ordinal < end; ordinal++) {
      const pod = byOrdinal.get(ordinal);
      if (pod === undefined) {
        // Below the partition, a pod comes back with the revision the set had before.
        const revision = ordinal < start + partition ? current : update;
        try {
          await createPod(set, ordinal, revision, templateOf(revision));
        } catch (failure) {
          return { failure };
        }
        if (ordered) return {};
      } else if (isFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
        // A pod of a StatefulSet never ends: it is made anew under its name.
        await deletePod(set, pod);
        if (ordered) return {};
      } else if (ordered && !isAvailable(set, pod)) return {};
    }

    const surplus = pods
      .filter((pod) => {
        const ordinal = ordinalOf(set, pod.metadata.name);
        return ordinal < start || ordinal >= end;
      })
      .sort((a, b) => ordinalOf(set, b.metadata.name) - ordinalOf(set, a.metadata.name));
    for (const pod of surplus) {
      if (pod.metadata.deletionTimestamp === undefined) await deletePod(set, pod);
      if (ordered) return {};
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return {};

    // Updates go from the highest ordinal down, one at a time, also with Parallel.
    for (let ordinal = end - 1; ordinal >= start + partition; ordinal--) {
      const pod = byOrdinal.get(ordinal);
      if (pod === undefined) return {};
      if (revisionOf(pod) !== update && pod.metadata.deletionTimestamp === undefined) {
        await deletePod(set, pod);
        return {};
      }
      if (!isAvailable(set, pod)) return {};
    }
    return {};
  }

  function isAvailable(set: StatefulSet, pod: Pod): boolean {
    if (pod.metadata.deletionTimestamp !== undefined || !isReady(pod)) return false;
    return readiness([pod], set.spec.minReadySeconds ?? 0, clock.now()).available === 1;
  }

  async function createPod(
    set: StatefulSet,
    ordinal: number,
    revision: string,
    template: StatefulSet['spec']['template'],
  ): Promise<void> {
    const name = podName(set, ordinal);
    for (const claim of volumeClaims(set, ordinal)) {
      if (
        (await view.client.get(kinds.persistentVolumeClaims, claim.metadata.namespace, claim.metadata.name)) !==
        undefined
      )
        continue;
      await view.create(kinds.persistentVolumeClaims, claim);
    }
    try {
      await view.create(kinds.pods, statefulPod(set, ordinal, revision, template));
      events.record(
        set,
        'Normal',
        'SuccessfulCreate',
        `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
        component,
      );
    } catch (error) {
      const message = `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`;
      events.record(set, 'Warning', 'FailedCreate', message, component);
      throw error;
    }
  }

  async function deletePod(set: StatefulSet, pod: Pod): Promise<void> {
    await view.delete(kinds.pods, pod);
    const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
    events.record(set, 'Normal', 'SuccessfulDelete', message, component);
  }

  async function report(
    set: StatefulSet,
    pods: readonly Pod[],
    current: string,
    update: string,
  ): Promise<number | undefined> {
    const alive = pods.filter((pod) => !isFinished(pod));
    const staying = alive.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const { ready, available, againMs } = readiness(staying, set.spec.minReadySeconds ?? 0, clock.now());
    const of = (revision: string) => staying.filter((pod) => revisionOf(pod) === revision);
    const wanted = set.spec.replicas ?? 1;
    const updated = of(update).length;
    const complete =
      updated === wanted && staying.length === wanted && readiness(of(update), 0, clock.now()).ready === wanted;
    const settled = complete && (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0) === 0;
    await writeStatus(view, kinds.statefulSets, set, {
      observedGeneration: set.metadata.generation,
      replicas: alive.length,
      ...(ready === 0 ? {} : { readyReplicas: ready }),
      availableReplicas: available,
      ...(updated === 0 ? {} : { updatedReplicas: updated }),
      ...(of(settled ? update : current).length === 0
        ? {}
        : { currentReplicas: of(settled ? update : current).length }),
      currentRevision: settled ? update : current,
      updateRevision: update,
      collisionCount: 0,
    });
    return againMs;
  }
}

function revisionOf(pod: KubeObject): string {
  return pod.metadata.labels?.[revisionLabel] ?? '';
}
