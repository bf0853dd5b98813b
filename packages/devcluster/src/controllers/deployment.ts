import { type Deployment, kinds, type Pod, type ReplicaSet } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import type { ClusterView } from './cluster-view.js';
import { type Controller, type ControllerContext, keyOf, source, splitKey } from './controller.js';
import { deploymentStatus, isComplete } from './deployment-status.js';
import { fingerprint } from './fingerprint.js';
import { controllerOf, controllerReference, dependantsOf, ownerKeys } from './ownership.js';
import { isFinished } from './pods.js';
import { type RolloutBounds, rollingStep, rolloutBounds } from './rollout.js';
import { writeStatus } from './status-writer.js';

const component = 'deployment-controller';
const hashLabel = 'pod-template-hash';
const revisionAnnotation = 'deployment.kubernetes.io/revision';

/**
 * Rolls a Deployment out through ReplicaSets, one a template (kube-controller-manager's deployment controller). Scaling
 * in the middle of a rollout is not spread proportionally over the sets: the new one takes it.
 */
export function deploymentController({ view, clock, events }: ControllerContext): Controller {
  const setsOf = dependantsOf(view, kinds.replicaSets);
  const podsOf = dependantsOf(view, kinds.pods);

  return {
    name: 'deployment',
    sources: [
      source(kinds.deployments, ({ object }) => [keyOf(object)]),
      source(kinds.replicaSets, ({ object, previous }) => ownerKeys(kinds.deployments, object, previous)),
      source(kinds.pods, ({ object, gone }) => (gone ? deploymentsOfPod(view, object) : [])),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const deployment = view.mirror(kinds.deployments).get(namespace, name);
      if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return undefined;
      const hash = fingerprint(deployment.spec.template);
      const owned = setsOf(deployment.metadata.uid ?? '').sort(byRevision);
      const old = owned.filter((set) => set.metadata.labels?.[hashLabel] !== hash);
      const existing = owned.find((set) => set.metadata.labels?.[hashLabel] === hash);
      const bounds = boundsOf(deployment);
      const revision = Math.max(0, ...old.map(revisionOf)) + 1;
      let fresh = existing;
      if (existing === undefined && deployment.spec.paused !== true) {
        fresh = await createSet(deployment, hash, initialSize(deployment, bounds, old), revision);
      }
      if (fresh !== undefined) fresh = await stampRevision(deployment, fresh, Math.max(revision, revisionOf(fresh)));
      const created = existing === undefined && fresh !== undefined;
      const scaled = created ? { fresh, old } : await resize(deployment, bounds, fresh, old);
      const { status, untilDeadline } = deploymentStatus({ deployment, ...scaled, bounds, created, now: clock.now() });
      await writeStatus(view, kinds.deployments, deployment, status);
      if (isComplete({ deployment, ...scaled })) await forgetOld(deployment, scaled.old);
      return untilDeadline === undefined ? undefined : { afterMs: untilDeadline };
    },
  };

  async function createSet(
    deployment: Deployment,
    hash: string,
    replicas: number,
    revision: number,
  ): Promise<ReplicaSet> {
    const { template, selector, minReadySeconds } = deployment.spec;
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const set = await view.create(kinds.replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace ?? 'default',
        labels,
        annotations: annotationsFor(deployment, revision),
        ownerReferences: [controllerReference(kinds.deployments, deployment)],
      },
      spec: {
        replicas,
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    });
    if (replicas > 0) announce(deployment, set, 0, replicas);
    return set;
  }

  async function stampRevision(deployment: Deployment, set: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const annotations = annotationsFor(deployment, revision);
    const have = set.metadata.annotations ?? {};
    const current = Object.entries(annotations).every(([key, value]) => have[key] === value);
    const stamped = current ? set : ((await view.merge(kinds.replicaSets, set, { metadata: { annotations } })) ?? set);
    if (deployment.metadata.annotations?.[revisionAnnotation] !== String(revision)) {
      const patch = { metadata: { annotations: { [revisionAnnotation]: String(revision) } } };
      // With the status, so that our own note does not count as a change of the Deployment.
      await view.merge(kinds.deployments, deployment, patch, 'status');
    }
    return stamped;
  }

  async function resize(
    deployment: Deployment,
    bounds: RolloutBounds,
    fresh: ReplicaSet | undefined,
    old: readonly ReplicaSet[],
  ): Promise<{ fresh: ReplicaSet | undefined; old: readonly ReplicaSet[] }> {
    const sizes = nextSizes(deployment, bounds, fresh, old);
    const smaller: ReplicaSet[] = [];
    const grown = fresh === undefined ? undefined : await scaleTo(deployment, fresh, sizes.fresh);
    for (const [i, set] of old.entries()) smaller.push(await scaleTo(deployment, set, sizes.old[i] ?? 0));
    return { fresh: grown, old: smaller };
  }

  function nextSizes(
    deployment: Deployment,
    bounds: RolloutBounds,
    fresh: ReplicaSet | undefined,
    old: readonly ReplicaSet[],
  ): { fresh: number; old: readonly number[] } {
    const replicas = deployment.spec.replicas ?? 1;
    if (deployment.spec.paused === true) return pausedSizes(replicas, fresh, old);
    if (deployment.spec.strategy?.type === 'Recreate') {
      const oldPods = old.flatMap((set) => podsOf(set.metadata.uid ?? '')).filter((pod) => !isFinished(pod));
      return { fresh: oldPods.length > 0 ? sizeOf(fresh) : replicas, old: old.map(() => 0) };
    }
    return rollingStep(replicas, bounds, countOf(fresh), old.map(countOf));
  }

  async function scaleTo(deployment: Deployment, set: ReplicaSet, size: number): Promise<ReplicaSet> {
    if (sizeOf(set) === size) return set;
    const annotations = annotationsFor(deployment, revisionOf(set));
    const scaled = await view.merge(kinds.replicaSets, set, { metadata: { annotations }, spec: { replicas: size } });
    announce(deployment, set, sizeOf(set), size);
    return scaled ?? set;
  }

  function announce(deployment: Deployment, set: ReplicaSet, from: number, to: number): void {
    const direction = to > from ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${to}`;
    events.record(deployment, 'Normal', 'ScalingReplicaSet', message, component);
  }

  async function forgetOld(deployment: Deployment, old: readonly ReplicaSet[]): Promise<void> {
    const limit = deployment.spec.revisionHistoryLimit ?? 10;
    const empty = old.filter((set) => sizeOf(set) === 0 && set.metadata.deletionTimestamp === undefined);
    for (const set of empty.slice(0, Math.max(0, empty.length - limit))) await view.delete(kinds.replicaSets, set);
  }
}

function deploymentsOfPod(view: ClusterView, pod: Pod): string[] {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'ReplicaSet') return [];
  return ownerKeys(kinds.deployments, view.mirror(kinds.replicaSets).get(pod.metadata.namespace, owner.name));
}

function boundsOf({ spec }: Deployment): RolloutBounds {
  const replicas = spec.replicas ?? 1;
  // Recreate takes all old pods away first, so any of them may be missing.
  if (spec.strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  return rolloutBounds(replicas, spec.strategy?.rollingUpdate?.maxSurge, spec.strategy?.rollingUpdate?.maxUnavailable);
}

function initialSize(deployment: Deployment, bounds: RolloutBounds, old: readonly ReplicaSet[]): number {
  const replicas = deployment.spec.replicas ?? 1;
  const running = old.some((set) => sizeOf(set) > 0 || (set.status?.replicas ?? 0) > 0);
  if (deployment.spec.strategy?.type === 'Recreate') return running ? 0 : replicas;
  return rollingStep(replicas, bounds, { desired: 0, available: 0 }, old.map(countOf)).fresh;
}

/** A paused Deployment only follows its size, with the newest set that has pods. */
function pausedSizes(
  replicas: number,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): { fresh: number; old: readonly number[] } {
  const sizes = old.map(sizeOf);
  const total = sizes.reduce((sum, size) => sum + size, sizeOf(fresh));
  if (fresh !== undefined) return { fresh: Math.max(0, sizeOf(fresh) + replicas - total), old: sizes };
  const newest = sizes.length - 1;
  return { fresh: 0, old: sizes.map((size, i) => (i === newest ? Math.max(0, size + replicas - total) : size)) };
}

function annotationsFor(deployment: Deployment, revision: number): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1;
  return {
    [revisionAnnotation]: String(revision),
    'deployment.kubernetes.io/desired-replicas': String(replicas),
    'deployment.kubernetes.io/max-replicas': String(replicas + boundsOf(deployment).surge),
  };
}

function countOf(set: ReplicaSet | undefined): { desired: number; available: number } {
  return { desired: sizeOf(set), available: set?.status?.availableReplicas ?? 0 };
}

function sizeOf(set: ReplicaSet | undefined): number {
  return set === undefined ? 0 : (set.spec.replicas ?? 1);
}

function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);
}

function byRevision(a: KubeObject, b: KubeObject): number {
  return revisionOf(a) - revisionOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
