import type { ControllerContext } from '../controllers/controller.js';
import { podsOnNode } from '../controllers/ownership.js';
import { isFinished } from '../controllers/pods.js';
import { writeStatus } from '../controllers/status-writer.js';
import { timestamp } from '../controllers/timestamp.js';
import { kinds, type NodeObject, type Pod } from '../kinds.js';
import type { ClaimApi } from './claim-api.js';
import { gpuNode, nodeNameOf } from './gpu-node.js';
import type { InstanceShape } from './instance-shape.js';
import type { NodeClaim } from './node-claim.js';
import { nodeStatus } from './simulated-node.js';

export const terminationFinalizer = 'karpenter.sh/termination';

/** Gives a node its kubelet, and takes it away. */
export interface NodeHost {
  attach(node: string): void;
  detach(node: string): void;
}

/** The nodes of NodeClaims: how they come, how they look, how they are emptied and go. */
export class ClaimNodes {
  readonly #context: ControllerContext;
  readonly #hosts: NodeHost;
  readonly #api: ClaimApi;

  constructor(context: ControllerContext, hosts: NodeHost, api: ClaimApi) {
    this.#context = context;
    this.#hosts = hosts;
    this.#api = api;
  }

  /** The node of the claim of that name. */
  of(claimName: string): NodeObject | undefined {
    const byClaim = this.#context.view
      .mirror(kinds.nodes)
      .index('claim', ({ metadata }) =>
        (metadata.ownerReferences ?? []).filter(({ kind }) => kind === this.#api.kind.kind).map(({ name }) => name),
      );
    return byClaim(claimName)[0];
  }

  /** Makes the node when it is not there, and shows its GPUs when their time has come. */
  async keep(claim: NodeClaim, type: string, shape: InstanceShape, showsGpu: boolean): Promise<NodeObject> {
    const { view, clock, events } = this.#context;
    const name = nodeNameOf(claim);
    let node = view.mirror(kinds.nodes).get(undefined, name);
    if (node === undefined) {
      const made = gpuNode(claim, this.#api, type, shape, showsGpu, clock.now());
      node = await view.create(kinds.nodes, made);
      // Whether or not the server takes a status at creation, afterwards it is there.
      node = await writeStatus(view, kinds.nodes, node, made.status as object);
      const message = `Node ${name} event: Registered Node ${name} in Controller`;
      events.record(node, 'Normal', 'RegisteredNode', message, 'node-controller');
    }
    this.#hosts.attach(name);
    const visible = node.status?.allocatable?.['nvidia.com/gpu'] !== undefined;
    if (!showsGpu || visible || (shape.gpus ?? 0) === 0) return node;
    const { capacity, allocatable } = nodeStatus(name, shape, true, clock.now());
    return (await view.merge(kinds.nodes, node, { status: { capacity, allocatable } }, 'status')) ?? node;
  }

  /** Sets a label to `true`. */
  async label(node: NodeObject, label: string): Promise<void> {
    if (node.metadata.labels?.[label] === 'true') return;
    await this.#context.view.merge(kinds.nodes, node, { metadata: { labels: { [label]: 'true' } } });
  }

  /** The machine is gone: no kubelet answers any more, in the words of the node lifecycle controller. */
  async silence(claimName: string): Promise<void> {
    const node = this.of(claimName);
    if (node === undefined) return;
    this.#hosts.detach(node.metadata.name);
    const silent = {
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: timestamp(this.#context.clock.now()),
    };
    const conditions = (node.status?.conditions ?? []).map((one) =>
      one.type === 'Ready' ? { ...one, ...silent } : one,
    );
    await this.#context.view.merge(kinds.nodes, node, { status: { conditions } }, 'status');
  }

  /** Whether no pod is left that could still do something. Each one that goes is a reason to ask again. */
  async drain(node: NodeObject): Promise<boolean> {
    const { view } = this.#context;
    if (node.metadata.deletionTimestamp === undefined) await view.delete(kinds.nodes, node);
    const taints = node.spec?.taints ?? [];
    if (!taints.some(({ key }) => key === 'karpenter.sh/disrupted')) {
      const disrupted = { key: 'karpenter.sh/disrupted', effect: 'NoSchedule' };
      await view.merge(kinds.nodes, node, { spec: { taints: [...taints, disrupted] } });
    }
    const onNode = podsOnNode(view);
    for (const pod of onNode(node.metadata.name).filter(mustLeave)) {
      if (pod.metadata.deletionTimestamp === undefined) await view.delete(kinds.pods, pod);
    }
    return !onNode(node.metadata.name).some(mustLeave);
  }

  /** The node goes, and with it whatever still runs on it. */
  async remove(node: NodeObject): Promise<void> {
    const { view } = this.#context;
    const current = view.mirror(kinds.nodes).get(undefined, node.metadata.name);
    this.#hosts.detach(node.metadata.name);
    if (current === undefined) return;
    if (current.metadata.deletionTimestamp === undefined) await view.delete(kinds.nodes, current);
    const rest = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== terminationFinalizer);
    await view.merge(kinds.nodes, current, { metadata: { finalizers: rest.length === 0 ? null : rest } });
  }
}

function mustLeave(pod: Pod): boolean {
  return !isFinished(pod) && !pod.metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet');
}
