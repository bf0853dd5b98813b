import { kinds, type NodeObject, type Pod, type Taint } from '../kinds.js';
import { conditionOf } from './conditions.js';
import { type Controller, type ControllerContext, source } from './controller.js';
import type { Again } from './keyed-queue.js';
import { podsOnNode } from './ownership.js';
import { isFinished } from './pods.js';

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

/**
 * Taints nodes by their Ready condition, and removes pods that nobody else can: those of a node that is gone
 * (kube-controller-manager's node lifecycle and pod garbage collector).
 *
 * Two things are kinder than in a real cluster. A node is never declared lost for want of a heartbeat, so a Node written by
 * a test stays as it was written. And on a node without a kubelet of ours a deleted pod goes when its grace period is over,
 * where a real one would hang until somebody forces it.
 *
 * @param isServed whether a kubelet of this cluster looks after the node of that name.
 */
export function nodeLifecycle(context: ControllerContext, isServed: (node: string) => boolean): Controller {
  const { view, clock } = context;
  const onNode = podsOnNode(view);

  return {
    name: 'node-lifecycle',
    sources: [
      source(kinds.nodes, ({ object }) => [object.metadata.name]),
      source(kinds.pods, ({ object, gone }) => {
        const { nodeName } = object.spec;
        if (gone || !nodeName) return [];
        const orphaned = view.mirror(kinds.nodes).get(undefined, nodeName) === undefined;
        return orphaned || object.metadata.deletionTimestamp !== undefined ? [nodeName] : [];
      }),
    ],
    async reconcile(name) {
      const node = view.mirror(kinds.nodes).get(undefined, name);
      if (node === undefined) {
        for (const pod of onNode(name)) await removeOrphan(pod);
        return undefined;
      }
      await taint(node);
      return isServed(name) ? undefined : removeExpired(name);
    },
  };

  async function removeOrphan(pod: Pod): Promise<void> {
    if (!isFinished(pod)) {
      const message = 'PodGC: node no longer exists';
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message };
      const conditions = [
        ...(pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget'),
        condition,
      ];
      await view.merge(kinds.pods, pod, { status: { phase: 'Failed', conditions } }, 'status');
    }
    await view.delete(kinds.pods, pod, { gracePeriodSeconds: 0 });
  }

  async function taint(node: NodeObject): Promise<void> {
    const ready = conditionOf(node.status?.conditions, 'Ready');
    const key =
      ready === undefined || ready.status === 'True' ? undefined : ready.status === 'False' ? notReady : unreachable;
    const old = node.spec?.taints ?? [];
    const ours = (one: Taint) => one.effect === 'NoSchedule' && (one.key === notReady || one.key === unreachable);
    // A node that has never said anything keeps what it was made with.
    if (ready === undefined || old.some((one) => ours(one) && one.key === key)) return;
    const rest = old.filter((one) => !ours(one));
    if (key === undefined && rest.length === old.length) return;
    const taints = key === undefined ? rest : [...rest, { key, effect: 'NoSchedule' }];
    await view.merge(kinds.nodes, node, { spec: { taints: taints.length === 0 ? null : taints } });
  }

  async function removeExpired(name: string): Promise<Again | undefined> {
    let next: number | undefined;
    for (const pod of onNode(name)) {
      if (pod.metadata.deletionTimestamp === undefined) continue;
      const left = Date.parse(pod.metadata.deletionTimestamp) - clock.now();
      if (left > 0) next = Math.min(next ?? left, left);
      else if (!isHeld(pod)) await view.delete(kinds.pods, pod, { gracePeriodSeconds: 0 });
    }
    return next === undefined ? undefined : { afterMs: next };
  }
}

/** Already asked for with no grace: only its finalizers keep it. */
function isHeld(pod: Pod): boolean {
  return (pod.metadata.finalizers ?? []).length > 0 && pod.metadata.deletionGracePeriodSeconds === 0;
}
