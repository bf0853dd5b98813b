import type { AgentPool } from '@azure/arm-containerservice';
import {
  type ClaimOwner,
  type ClaimRef,
  type ClaimRequest,
  type ClaimState,
  type ClaimWatch,
  type ConnectedCluster,
  type Informer,
  type KubeObject,
  labelSelectorOf,
  NODES,
  type NodeNeed,
  type NodeProvisioner,
  type Offer,
  ProvisioningDeferred,
  ProvisioningError,
} from '@kaito-sdk/core';
import type { AgentPoolApi, AzureCluster } from './agent-pool-api.js';
import { agentPoolBody, type PoolDefaults } from './agent-pool-body.js';
import type { AksConfig } from './aks-config.js';
import { ArmFailure, classified } from './arm-failures.js';
import { aksErrors } from './errors.js';
import { fencedPools } from './fenced-pools.js';
import { GpuProvisionerGuard } from './gpu-provisioner-guard.js';
import { OfferedSizes } from './offered-sizes.js';
import { nodeOwner, ownerFromLabels, ownershipLabels, poolOwner } from './pool-ownership.js';
import { PoolQueue } from './pool-queue.js';
import { PoolSnapshot } from './pool-snapshot.js';
import { atRest, POLL_MS, poolClaim } from './pool-state.js';
import { Setbacks } from './setbacks.js';

export interface AksProvisionerOptions extends PoolDefaults, Pick<AksConfig, 'maxOperations' | 'besideGpuProvisioner'> {
  readonly azure: AzureCluster;
  /** The subscription's list of sizes, where the catalog follows it too. @default one of its own */
  readonly sizes?: OfferedSizes;
}

/** How old a listing may be for an owner whose pools are on their way. Shorter than {@link POLL_MS}, so that each poll sees a new one. */
const CACHE_MS = 10_000;

/** Both must name the pool: `agentpool` alone is a label that anybody may set. */
const POOL_LABELS = ['agentpool', 'kubernetes.azure.com/agentpool'] as const;
const BY_POOL = 'kaito-sdk/agentpool';

/**
 * Nodes as agent pools of AKS, one pool a claim, without another controller in the cluster. Azure holds all there is to know: the
 * state of a claim is the pool's `provisioningState` and its Node, and no operation is waited for.
 */
export class AksProvisioner implements NodeProvisioner {
  readonly name = 'aks';
  private readonly pools: AgentPoolApi;
  private readonly nodes: Informer;
  private readonly snapshot: PoolSnapshot;
  private readonly setbacks: Setbacks;
  private readonly queue: PoolQueue;
  private readonly sizes: OfferedSizes;
  private readonly guard: GpuProvisionerGuard;

  constructor(
    private readonly cluster: ConnectedCluster,
    private readonly options: AksProvisionerOptions,
  ) {
    const { clock, cache, client } = cluster;
    const { azure, maxOperations, besideGpuProvisioner } = options;
    this.pools = fencedPools(azure.pools, cluster.mayAct);
    this.nodes = cache.informer(NODES);
    this.nodes.addIndex(BY_POOL, (node) => {
      const pool = poolOf(node);
      return pool === undefined ? [] : [pool];
    });
    this.snapshot = new PoolSnapshot(clock, () => this.pools.list());
    this.setbacks = new Setbacks(clock);
    this.queue = new PoolQueue(clock, maxOperations);
    this.sizes = options.sizes ?? new OfferedSizes(azure.sizes, clock);
    this.guard = new GpuProvisionerGuard(client, besideGpuProvisioner);
  }

  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    await this.refuseUnsold(instanceType);
    return [{ instanceType, capacityType: 'on-demand' }];
  }

  async claim(request: ClaimRequest): Promise<void> {
    const earlier = this.setbacks.get(request.name);
    if (earlier !== undefined) throw new ProvisioningDeferred(earlier.reason, earlier.message, earlier.lookAgainMs);
    await this.guard.check(request.labels);
    // Looked up outside the queue: the list of sizes is long.
    await this.refuseUnsold(request.instanceType);
    await this.queue.inOrder(() => this.ensure(request));
  }

  async observe(owner: ClaimOwner, options: { readonly fresh?: boolean } = {}): Promise<readonly ClaimState[]> {
    if (options.fresh) await this.list();
    // What cannot be listed now is not gone: claims already seen stay as they were, and a claim looks before it makes anything.
    else if (this.isStale(owner)) await this.list().catch(() => undefined);
    // That a node has joined is known to its cluster, not to Azure.
    const nodes = options.fresh ? await this.listNodes(owner) : undefined;
    return this.snapshot.all().flatMap((pool) => {
      const name = pool.name ?? '';
      const claim = poolClaim(pool, nodes === undefined ? this.nodeOf(name) : theNode(nodes.filter(isOf(name))));
      if (claim?.owner.uid !== owner.uid) return [];
      const setback = this.setbacks.get(claim.name);
      return setback?.phase === 'releasing' ? [{ ...claim, ...setback }] : [claim];
    });
  }

  async release(ref: ClaimRef): Promise<'gone' | 'going'> {
    this.queue.leave(ref.name);
    this.setbacks.clear(ref.name);
    return this.queue.inOrder(() => this.remove(ref));
  }

  async *owned(): AsyncIterable<ClaimState> {
    await this.list();
    for (const pool of this.snapshot.all()) {
      const claim = poolClaim(pool, this.nodeOf(pool.name ?? ''));
      if (claim) yield claim;
    }
  }

  /** Azure cannot be watched, but its Nodes can; until there is one, `lookAgainMs` of a claim says when to ask. */
  watches(): readonly ClaimWatch[] {
    return [{ resource: NODES, ownerOf: ownerFromLabels }];
  }

  private async ensure(request: ClaimRequest): Promise<void> {
    const { name } = request;
    const { pools } = this;
    const now = this.cluster.clock.now();
    try {
      const existing = await pools.get(name);
      if (existing !== undefined) return this.adopt(request, existing);
      if (!this.snapshot.isYounger(CACHE_MS)) await this.snapshot.refresh();
      const running = this.snapshot.all().filter((pool) => !atRest(pool)).length;
      const ahead = this.queue.ahead(name, running);
      if (ahead > 0) {
        const message = `waiting for its turn: ${ahead} other changes of agent pools in this cluster come first`;
        throw new ProvisioningDeferred('WaitingForTurn', message, POLL_MS);
      }
      const body = agentPoolBody(request, this.options, now);
      await pools.create(name, body);
      this.took(name, { ...body, provisioningState: 'Creating' });
    } catch (error) {
      this.refused(request, error);
    }
  }

  /** A pool of that name is there: fine when it is ours (a crash, a lost answer), an error when it is somebody else's. */
  private adopt({ name, owner }: ClaimRequest, pool: AgentPool): void {
    if (poolOwner(pool)?.uid !== owner.uid) throw aksErrors.CLAIM_NAME_TAKEN(name, `${owner.namespace}/${owner.name}`);
    this.took(name, pool);
  }

  private took(name: string, pool: AgentPool): void {
    this.queue.leave(name);
    this.setbacks.clear(name);
    this.snapshot.learn(name, pool);
  }

  /** What passes by itself is put off, and not asked for again before its time; everything else is the caller's to decide. */
  private refused({ name }: ClaimRequest, error: unknown): never {
    if (!(error instanceof ArmFailure)) throw error;
    const { failure, reason, retryMs } = classified(error);
    const message = said(error);
    if (failure !== 'transient') {
      this.queue.leave(name);
      throw new ProvisioningError(failure, reason, message, { cause: error });
    }
    const afterMs = retryMs + spread(name, retryMs);
    this.setbacks.note({ name, phase: 'requested', reason, message, until: this.cluster.clock.now() + afterMs });
    throw new ProvisioningDeferred(reason, message, afterMs, { cause: error });
  }

  private async remove(ref: ClaimRef): Promise<'gone' | 'going'> {
    const { name, owner } = ref;
    const { pools } = this;
    const pool = await pools.get(name);
    if (pool === undefined) {
      this.snapshot.forget(name);
      const left = this.nodes.byIndex(BY_POOL, name).filter((node) => isOurs(node, owner));
      for (const node of left) await this.removeNode(node);
      return 'gone';
    }
    if (poolOwner(pool)?.uid !== owner.uid) return 'gone';
    this.snapshot.learn(name, pool);
    if (pool.provisioningState === 'Deleting') return 'going';
    try {
      if (!(await pools.delete(name))) return 'going';
      this.snapshot.learn(name, { ...pool, provisioningState: 'Deleting' });
    } catch (error) {
      if (!(error instanceof ArmFailure)) throw error;
      await this.notDeleted(ref, pool, error);
    }
    return 'going';
  }

  /** Azure deletes no pool that it is still working on. A creation is ended first, or it would be paid for to its end. */
  private async notDeleted({ name }: ClaimRef, pool: AgentPool, error: ArmFailure): Promise<void> {
    const { reason, retryMs, failure } = classified(error);
    const until = this.cluster.clock.now() + (failure === 'transient' ? retryMs : POLL_MS);
    this.setbacks.note({
      name,
      phase: 'releasing',
      reason,
      message: `cannot be deleted yet: ${said(error)}`,
      until,
    });
    if (error.status !== 409 || atRest(pool)) return;
    // Refused when the operation ended in the meantime: the next try will find it deletable.
    await this.pools.abort(name).catch(() => undefined);
  }

  /** A new listing, and what follows from it. */
  private async list(): Promise<void> {
    await this.snapshot.refresh();
    const left = this.nodes.list().filter((node) => {
      const pool = poolOf(node);
      return pool !== undefined && isOurs(node) && !this.snapshot.has(pool);
    });
    // One that cannot be removed now is found by the next listing.
    for (const node of left) await this.removeNode(node).catch(() => undefined);
  }

  /** The cloud controller removes the Node of a pool that is gone; where it does not run, or not yet, it is left over. */
  private async removeNode({ metadata: { name, uid } }: KubeObject): Promise<void> {
    await this.cluster.client.delete(NODES, undefined, name, uid === undefined ? {} : { uid });
  }

  private async refuseUnsold(instanceType: string): Promise<void> {
    if ((await this.sizes.offers(instanceType)) !== false) return;
    const message = `${instanceType} is not on the list of sizes that this subscription may use in its region; ask for access, or take another size`;
    throw new ProvisioningError('unsupported', 'InstanceTypeNotOffered', message);
  }

  /** At rest nothing is asked: each pool is finished and has its Node, and a watch tells when that Node changes. */
  private isStale(owner: ClaimOwner): boolean {
    if (this.snapshot.isYounger(CACHE_MS)) return false;
    if (!this.snapshot.isYounger(Number.POSITIVE_INFINITY)) return true;
    return this.snapshot
      .all()
      .some(
        (pool) =>
          poolOwner(pool)?.uid === owner.uid &&
          !(atRest(pool) && (pool.provisioningState !== 'Succeeded' || this.nodeOf(pool.name ?? '') !== undefined)),
      );
  }

  /** The node of a pool, by the cache. */
  private nodeOf(pool: string): KubeObject | undefined {
    return theNode(this.nodes.byIndex(BY_POOL, pool));
  }

  private async listNodes(owner: ClaimOwner): Promise<readonly KubeObject[]> {
    const labelSelector = labelSelectorOf(ownershipLabels(owner));
    return (await this.cluster.client.list(NODES, { labelSelector })).items;
  }
}

/** The node of a pool among those that say so: with a machine behind it, and the ready one when an older one lingers. */
function theNode(nodes: readonly KubeObject[]): KubeObject | undefined {
  const real = nodes.filter(({ spec }) => (spec as { providerID?: string } | undefined)?.providerID !== undefined);
  return real.length <= 1 ? real[0] : (real.find(isReady) ?? real[0]);
}

function isOf(pool: string): (node: KubeObject) => boolean {
  return (node) => poolOf(node) === pool;
}

/** The pool that a node says it is of. */
function poolOf({ metadata }: KubeObject): string | undefined {
  const [name, same] = POOL_LABELS.map((label) => metadata.labels?.[label]);
  return name === same ? name : undefined;
}

/** Whether a node came from a pool of this SDK, or of this owner. */
function isOurs({ metadata: { labels = {} } }: KubeObject, owner?: ClaimOwner): boolean {
  const of = nodeOwner(labels);
  return of !== undefined && (owner === undefined || of.uid === owner.uid);
}

function isReady({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** Code and words of Azure, as long as a condition can bear. */
function said({ code, message }: ArmFailure): string {
  return `${code === undefined ? '' : `${code}: `}${message}`.slice(0, 800);
}

/** Up to half of the delay on top, by name: those refused together do not come back together. */
function spread(name: string, delay: number): number {
  const number = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7);
  return Math.round((delay / 2) * (number / 997));
}
