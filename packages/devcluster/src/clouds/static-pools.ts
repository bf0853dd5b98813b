import { withCondition } from '../controllers/conditions.js';
import { type Controller, type ControllerContext, source } from '../controllers/controller.js';
import type { Again } from '../controllers/keyed-queue.js';
import { controllerReference, podsOnNode } from '../controllers/ownership.js';
import { writeStatus } from '../controllers/status-writer.js';
import { type Condition, kind } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { type NodeClaim, type NodeClassKind, nodeClaims } from './node-claim.js';

/** `karpenter.sh/v1` NodePool, as far as static ones go. */
export interface NodePool extends KubeObject {
  spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly spec: NodeClaim['spec'];
    };
  };
  status?: { readonly nodes?: number; readonly conditions?: readonly Condition[] };
}

export const nodePools = kind<NodePool>('karpenter.sh', 'v1', 'nodepools', 'NodePool');

const POOL = 'karpenter.sh/nodepool';
/** A pool whose claims are taken back at once, for want of capacity, makes the next one no sooner than this after the last. */
const SPACING_MS = 1000;

/**
 * Karpenter's controllers for NodePools with static capacity (feature gate `StaticCapacity`, from Karpenter core 1.14): they make and delete
 * NodeClaims until there are as many as `replicas`, and look at no pod. What is too much goes in this order: claims without a machine, nodes
 * without pods, the rest by name (the real one asks what it costs to move the pods). Limits and drift do not exist.
 */
export class StaticPools {
  readonly #made = new Map<string, { readonly count: number; readonly at: number }>();

  constructor(
    private readonly context: ControllerContext,
    private readonly classes: readonly NodeClassKind[],
  ) {}

  controller(): Controller {
    return {
      name: 'karpenter-static',
      sources: [
        source(nodePools, ({ object }) => [object.metadata.name]),
        source(nodeClaims, ({ object }) => poolOf(object)),
      ],
      reconcile: (name) => this.#reconcile(name),
    };
  }

  async #reconcile(name: string): Promise<Again | undefined> {
    const { view } = this.context;
    const pool = view.mirror(nodePools).get(undefined, name);
    if (pool === undefined || pool.metadata.deletionTimestamp !== undefined) return undefined;
    const { replicas, template } = pool.spec;
    const { group, kind: className } = template.spec.nodeClassRef ?? {};
    if (replicas === undefined || !this.classes.some((one) => one.group === group && one.kind === className))
      return undefined;
    const claims = view.mirror(nodeClaims).index('nodepool', poolOf)(name);
    await this.#say(pool, claims.length);
    const running = claims.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    for (const claim of this.#surplus(running, running.length - replicas)) await view.delete(nodeClaims, claim);
    if (running.length >= replicas) return undefined;
    const { at = Number.NEGATIVE_INFINITY, count = 0 } = this.#made.get(name) ?? {};
    const left = at + SPACING_MS - this.context.clock.now();
    // A pool that has fewer because it is new, or was made larger, waits for nothing.
    if (left > 0 && count >= replicas) return { afterMs: left };
    for (let i = running.length; i < replicas; i++) await this.#make(pool);
    return undefined;
  }

  async #make(pool: NodePool): Promise<void> {
    const { name } = pool.metadata;
    const count = (this.#made.get(name)?.count ?? 0) + 1;
    this.#made.set(name, { count, at: this.context.clock.now() });
    const { metadata = {}, spec } = pool.spec.template;
    const { group = '', kind: className = '', name: classOf = '' } = spec.nodeClassRef ?? {};
    const { controller: _, ...owner } = controllerReference(nodePools, pool);
    await this.context.view.create(nodeClaims, {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodeClaim',
      metadata: {
        name: `${name}-${count.toString(36).padStart(5, '0')}`,
        labels: { ...metadata.labels, [POOL]: name, [`${group}/${className.toLowerCase()}`]: classOf },
        ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
        ownerReferences: [owner],
      },
      spec: {
        ...spec,
        requirements: [...(spec.requirements ?? []), { key: POOL, operator: 'In', values: [name] }],
      },
    });
  }

  #surplus(running: readonly NodeClaim[], count: number): readonly NodeClaim[] {
    if (count <= 0) return [];
    const onNode = podsOnNode(this.context.view);
    const rank = ({ status }: NodeClaim) => {
      if (status?.providerID === undefined) return 0;
      return onNode(status.nodeName ?? '').length === 0 ? 1 : 2;
    };
    return [...running]
      .sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
      .slice(0, count);
  }

  async #say(pool: NodePool, nodes: number): Promise<void> {
    const { view, clock } = this.context;
    let conditions = pool.status?.conditions ?? [];
    for (const type of ['ValidationSucceeded', 'NodeClassReady', 'Ready']) {
      conditions = withCondition(conditions, { type, status: 'True', reason: type, message: '' }, clock.now());
    }
    await writeStatus(view, nodePools, pool, { ...pool.status, nodes, conditions });
  }
}

/** The pool of a claim, as a list of none or one. */
function poolOf({ metadata: { labels = {} } }: KubeObject): readonly string[] {
  const name = labels[POOL];
  return name === undefined ? [] : [name];
}
