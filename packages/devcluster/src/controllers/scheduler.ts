import { type Condition, kinds, type NodeObject, type Pod } from '../kinds.js';
import { isReason } from './api-failure.js';
import { withCondition } from './conditions.js';
import { type Controller, type ControllerContext, keyOf, source, splitKey } from './controller.js';
import { podsOnNode } from './ownership.js';
import { isFinished } from './pods.js';
import { amounts, type Misfit, misfit, podRequests, type SchedulableNode, unschedulableMessage } from './scheduling.js';
import { writeStatus } from './status-writer.js';

const component = 'default-scheduler';

/**
 * Binds pods to nodes, the emptiest that fits, and says in the pod's PodScheduled condition why none does. Waiting pods
 * are looked at again when a node changes or a pod goes. It evicts nobody, and knows neither pod affinity nor spread.
 */
export function scheduler({ view, clock, events }: ControllerContext): Controller {
  const onNode = podsOnNode(view);
  const waiting = new Set<string>();
  // One pod at a time: two at once would both see the same room.
  let turn: Promise<unknown> = Promise.resolve();

  return {
    name: 'scheduler',
    sources: [
      source(kinds.pods, ({ object, previous, gone }) => {
        const key = keyOf(object);
        if (gone) waiting.delete(key);
        const freed = gone || (isFinished(object) && previous !== undefined && !isFinished(previous));
        if (!freed) return needsNode(object) ? [key] : [];
        const node = view.mirror(kinds.nodes).get(undefined, object.spec.nodeName ?? '');
        return node === undefined ? [] : nowFitting(node);
      }),
      source(kinds.nodes, ({ object, previous, gone }) =>
        gone || (previous !== undefined && !matters(object, previous)) ? [] : nowFitting(object),
      ),
    ],
    reconcile(key) {
      const next = turn.then(() => place(key));
      turn = next.catch(() => undefined);
      return next;
    },
  };

  /**
   * The waiting pods that a change of this node lets in. Waking all of them for every change would be what the real
   * scheduler's queueing hints avoid; so their message may tell of an older number of nodes, as it may there.
   */
  function nowFitting(node: NodeObject): string[] {
    if (waiting.size === 0) return [];
    const seen = see(node);
    return [...waiting].filter((key) => {
      const { namespace, name } = splitKey(key);
      const pod = view.mirror(kinds.pods).get(namespace, name);
      return pod !== undefined && misfit(pod, seen) === undefined;
    });
  }

  async function place(key: string): Promise<undefined> {
    const { namespace, name } = splitKey(key);
    const pod = view.mirror(kinds.pods).get(namespace, name);
    if (pod === undefined || !needsNode(pod)) {
      waiting.delete(key);
      return undefined;
    }
    waiting.add(key);
    if ((pod.spec.schedulingGates ?? []).length > 0) {
      await refuse(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates');
      return undefined;
    }
    const candidates = view
      .mirror(kinds.nodes)
      .list()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(see);
    const misfits: Misfit[] = [];
    const fitting: SchedulableNode[] = [];
    for (const candidate of candidates) {
      const why = misfit(pod, candidate);
      if (why === undefined) fitting.push(candidate);
      else misfits.push(why);
    }
    const best = fitting.sort(emptiestFirst)[0];
    if (best === undefined) {
      const message = unschedulableMessage(misfits);
      if (await refuse(pod, 'Unschedulable', message))
        events.record(pod, 'Warning', 'FailedScheduling', message, component);
      return undefined;
    }
    await bind(pod, best.node.metadata.name);
    waiting.delete(key);
    return undefined;
  }

  function see(node: NodeObject): SchedulableNode {
    let requested: Map<string, number> | undefined;
    let allocatable: Map<string, number> | undefined;
    const here = () => onNode(node.metadata.name).filter((pod) => !isFinished(pod));
    return {
      node,
      get allocatable() {
        allocatable ??= amounts(node.status?.allocatable);
        return allocatable;
      },
      get requested() {
        requested ??= sum(here());
        return requested;
      },
      get pods() {
        return here().length;
      },
    };
  }

  async function refuse(pod: Pod, reason: string, message: string): Promise<boolean> {
    const old = pod.status?.conditions ?? [];
    const condition: Condition = { type: 'PodScheduled', status: 'False', reason, message };
    const conditions = withCondition(old, condition, clock.now());
    if (conditions === old) return false;
    await writeStatus(view, kinds.pods, pod, { phase: 'Pending', ...pod.status, conditions });
    return true;
  }

  async function bind(pod: Pod, node: string): Promise<void> {
    const { namespace = 'default', name, uid } = pod.metadata;
    try {
      await view.client.update(
        kinds.pods,
        {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace, ...(uid === undefined ? {} : { uid }) },
          target: { apiVersion: 'v1', kind: 'Node', name: node },
        },
        'binding',
      );
    } catch (error) {
      // Deleted or bound by somebody else in the meantime.
      if (isReason(error, 'NotFound') || isReason(error, 'Conflict')) return;
      throw error;
    }
    // The next pod must see this one on its node, whether or not the watch has told yet.
    const bound = await view.client.get(kinds.pods, namespace, name);
    if (bound !== undefined) view.mirror(kinds.pods).learn('MODIFIED', bound as Pod);
    events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`, component);
  }
}

function sum(pods: readonly Pod[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const pod of pods) {
    for (const [resource, amount] of podRequests(pod.spec)) total.set(resource, (total.get(resource) ?? 0) + amount);
  }
  return total;
}

function needsNode(pod: Pod): boolean {
  return (
    !pod.spec.nodeName &&
    !isFinished(pod) &&
    pod.metadata.deletionTimestamp === undefined &&
    (pod.spec.schedulerName ?? component) === component
  );
}

/** Heartbeats and images come often and change nothing about who fits. */
function matters(node: NodeObject, previous: NodeObject): boolean {
  const view = ({ metadata, spec, status }: NodeObject) =>
    JSON.stringify([
      metadata.labels,
      metadata.deletionTimestamp,
      spec?.taints,
      spec?.unschedulable,
      status?.allocatable,
    ]);
  return view(node) !== view(previous);
}

function emptiestFirst(a: SchedulableNode, b: SchedulableNode): number {
  const used = ({ requested, allocatable }: SchedulableNode) =>
    ['cpu', 'memory'].reduce((sum, name) => sum + (requested.get(name) ?? 0) / (allocatable.get(name) || 1), 0);
  return used(a) - used(b) || a.pods - b.pods || (a.node.metadata.name < b.node.metadata.name ? -1 : 1);
}
