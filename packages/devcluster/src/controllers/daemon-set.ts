import { type DaemonSet, kinds, type NodeObject, type Pod } from '../kinds.js';
import { messageOf } from './api-failure.js';
import { type Controller, type ControllerContext, keyOf, source, splitKey } from './controller.js';
import { daemonPod, wants } from './daemon-pod.js';
import { claimPods, controllerOf, ownerKeys } from './ownership.js';
import { isFinished, readiness } from './pods.js';
import { amountOf } from './rollout.js';
import { selects } from './selector.js';
import { nonZero, writeStatus } from './status-writer.js';
import { keepRevisions, revisionLabel } from './template-revisions.js';

const component = 'daemonset-controller';

/** What one node has of the set. */
interface NodePods {
  readonly node: NodeObject;
  readonly run: boolean;
  readonly stay: boolean;
  readonly pods: readonly Pod[];
}

/** Keeps one pod on each node that a DaemonSet wants (kube-controller-manager's daemonset controller). */
export function daemonSetController({ view, clock, events }: ControllerContext): Controller {
  return {
    name: 'daemonset',
    sources: [
      source(kinds.daemonSets, ({ object }) => [keyOf(object)]),
      source(kinds.controllerRevisions, () => []),
      source(kinds.nodes, ({ object, previous, gone }) =>
        view
          .mirror(kinds.daemonSets)
          .list()
          .filter((set) => gone || previous === undefined || differs(set, object, previous))
          .map(keyOf),
      ),
      source(kinds.pods, ({ object, previous }) => {
        if (controllerOf(object) !== undefined) return ownerKeys(kinds.daemonSets, object, previous);
        const adopters = view.mirror(kinds.daemonSets).list(object.metadata.namespace);
        return adopters.filter((set) => selects(set.spec.selector, object.metadata.labels)).map(keyOf);
      }),
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = view.mirror(kinds.daemonSets).get(namespace, name);
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
      const pods = await claimPods(view, kinds.daemonSets, set, set.spec.selector);
      const { update } = await keepRevisions(
        view,
        kinds.daemonSets,
        set,
        pods.map((pod) => `${name}-${hashOf(pod)}`),
      );
      const hash = update.slice(name.length + 1);
      await manage(set, spread(set, pods), hash);
      if (set.spec.updateStrategy?.type !== 'OnDelete') await roll(set, spread(set, await owned(set)), hash);
      const againMs = await report(set, spread(set, await owned(set)), hash);
      return againMs === undefined ? undefined : { afterMs: againMs };
    },
  };

  function owned(set: DaemonSet): Promise<Pod[]> {
    return claimPods(view, kinds.daemonSets, set, set.spec.selector);
  }

  function spread(set: DaemonSet, pods: readonly Pod[]): NodePods[] {
    const nodes = view
      .mirror(kinds.nodes)
      .list()
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return nodes.map((node) => ({
      node,
      ...wants(set, node),
      pods: pods.filter((pod) => nodeOf(pod) === node.metadata.name),
    }));
  }

  /** Takes away what ended, what is on the wrong node and what is there twice; makes what is missing. */
  async function manage(set: DaemonSet, nodes: readonly NodePods[], hash: string): Promise<void> {
    for (const { node, run, stay, pods } of nodes) {
      const failed = pods.filter((pod) => isFinished(pod) && pod.metadata.deletionTimestamp === undefined);
      for (const pod of failed) {
        const what = `Found failed daemon pod ${keyOf(pod)} on node ${node.metadata.name}, will try to kill it`;
        events.record(set, 'Warning', 'FailedDaemonPod', what, component);
        await remove(set, pod);
      }
      const there = pods.filter((pod) => !isFinished(pod));
      const alive = there.filter((pod) => pod.metadata.deletionTimestamp === undefined);
      if (run && there.length === 0 && failed.length === 0) await make(set, node.metadata.name, hash);
      else if (!stay) for (const pod of alive) await remove(set, pod);
      else {
        // Of several of one revision the oldest stays.
        for (const same of [alive.filter(isOf(hash)), alive.filter((pod) => !isOf(hash)(pod))]) {
          for (const pod of oldestFirst(same).slice(1)) await remove(set, pod);
        }
      }
    }
  }

  /** One step of a rolling update: new pods beside old ones as far as `maxSurge` goes, old ones away as far as `maxUnavailable`. */
  async function roll(set: DaemonSet, nodes: readonly NodePods[], hash: string): Promise<void> {
    const here = nodes.filter(({ run }) => run);
    const { maxSurge = 0, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
    const surge = amountOf(maxSurge, here.length, Math.ceil);
    const isUp = (pod: Pod): boolean =>
      pod.metadata.deletionTimestamp === undefined &&
      readiness([pod], set.spec.minReadySeconds ?? 0, clock.now()).available === 1;
    const alive = (pods: readonly Pod[]) =>
      pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined);
    let unavailable = surge > 0 ? 0 : amountOf(maxUnavailable, here.length, Math.ceil);
    let extra = surge;
    for (const { pods } of here) {
      if (!pods.some(isUp)) unavailable--;
      if (alive(pods).length > 1) extra--;
    }
    for (const { node, pods } of here) {
      const old = alive(pods).filter((pod) => !isOf(hash)(pod));
      const fresh = alive(pods).filter(isOf(hash));
      if (old.length === 0) continue;
      const down = !old.some(isUp);
      if (surge > 0) {
        if (fresh.some(isUp) || (down && fresh.length > 0)) for (const pod of old) await remove(set, pod);
        else if (fresh.length === 0 && extra-- > 0) await make(set, node.metadata.name, hash);
      } else if (down || unavailable-- > 0) for (const pod of old) await remove(set, pod);
    }
  }

  async function make(set: DaemonSet, node: string, hash: string): Promise<void> {
    try {
      const pod = await view.create(kinds.pods, daemonPod(set, node, hash));
      events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, component);
    } catch (error) {
      events.record(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, component);
      throw error;
    }
  }

  async function remove(set: DaemonSet, pod: Pod): Promise<void> {
    await view.delete(kinds.pods, pod);
    events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, component);
  }

  async function report(set: DaemonSet, nodes: readonly NodePods[], hash: string): Promise<number | undefined> {
    const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 };
    let againMs: number | undefined;
    for (const { run, pods } of nodes) {
      const there = oldestFirst(pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined));
      // Of two during a surge the older one counts, as in the real controller.
      const [pod] = there;
      if (!run) {
        if (pod !== undefined) count.misscheduled++;
        continue;
      }
      count.desired++;
      if (pod === undefined) continue;
      const { ready, available, againMs: wait } = readiness([pod], set.spec.minReadySeconds ?? 0, clock.now());
      if (wait !== undefined) againMs = Math.min(againMs ?? wait, wait);
      count.current++;
      count.ready += ready;
      count.available += available;
      if (isOf(hash)(pod)) count.updated++;
    }
    await writeStatus(view, kinds.daemonSets, set, {
      observedGeneration: set.metadata.generation,
      desiredNumberScheduled: count.desired,
      currentNumberScheduled: count.current,
      numberMisscheduled: count.misscheduled,
      numberReady: count.ready,
      updatedNumberScheduled: nonZero(count.updated),
      numberAvailable: nonZero(count.available),
      numberUnavailable: nonZero(count.desired - count.available),
    });
    return againMs;
  }
}

const hashOf = (pod: Pod): string => pod.metadata.labels?.[revisionLabel] ?? '';

const isOf =
  (hash: string) =>
  (pod: Pod): boolean =>
    hashOf(pod) === hash;

/** Where the pod is, or is meant to be: its affinity names the one node. */
function nodeOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0];
}

function differs(set: DaemonSet, node: NodeObject, previous: NodeObject): boolean {
  const [now, before] = [wants(set, node), wants(set, previous)];
  return now.run !== before.run || now.stay !== before.stay;
}

function oldestFirst(pods: readonly Pod[]): Pod[] {
  const age = (pod: Pod): string => `${pod.metadata.creationTimestamp} ${pod.metadata.name}`;
  return [...pods].sort((a, b) => (age(a) < age(b) ? -1 : 1));
}
