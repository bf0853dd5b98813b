import {
  type ClaimOwner,
  type ClaimRef,
  type ClaimRequest,
  type ClaimState,
  type ClaimWatch,
  type ConnectedCluster,
  type Informer,
  isAlreadyExists,
  isConflict,
  isNotFound,
  KaitoError,
  type KubeObject,
  type NodeNeed,
  type NodeProvisioner,
  type Offer,
} from '@kaito-sdk/core';
import { claimState } from './claim-state.js';
import { NODE_CLAIMS } from './node-claim.js';
import { requireNodeClass } from './node-class.js';
import { NODE_POOLS, nodePool, POOL_LABEL, poolName } from './node-pool.js';
import { OWNED_SELECTOR, ownerFromLabels, ownerKey, selectorOf } from './ownership.js';
import { bindings, living, type PoolSlot, slotAnnotation, slotsOf } from './pool-slots.js';
import { poolOwner, poolStates } from './pool-state.js';
import type { NodeClassProfile } from './profile.js';
import { notServed, requireServed, whereServed } from './served.js';

export interface StaticPoolProvisionerOptions {
  readonly profile: NodeClassProfile;
  /** Field manager of what it writes. @default `kaito-sdk` */
  readonly fieldManager?: string;
}

const BY_OWNER = 'kaito-sdk/owner';
const BY_POOL = 'kaito-sdk/nodepool';
/** How often a change is made anew when somebody else changed the pool in between. */
const TRIES = 5;

/**
 * Nodes through NodePools with static capacity (Karpenter core 1.8 and later, feature gate `StaticCapacity`): one pool for a Workspace and
 * offer, a slot of it for each claim. Karpenter replaces a machine that goes, so a claim outlives its machine. Nothing is remembered: the
 * slots stand on the pool.
 */
export class StaticPoolProvisioner implements NodeProvisioner {
  readonly name = 'karpenter';
  private readonly pools: Informer;
  private readonly nodeClaims: Informer;
  private served = false;

  constructor(
    private readonly cluster: ConnectedCluster,
    private readonly options: StaticPoolProvisionerOptions,
  ) {
    const { cache } = cluster;
    this.pools = cache.informer(NODE_POOLS, { labelSelector: OWNED_SELECTOR, optional: true });
    this.pools.addIndex(BY_OWNER, ({ metadata }) => {
      const owner = ownerFromLabels(metadata.labels ?? {});
      return owner ? [ownerKey(owner)] : [];
    });
    this.nodeClaims = cache.informer(NODE_CLAIMS, { labelSelector: OWNED_SELECTOR, optional: true });
    this.nodeClaims.addIndex(BY_POOL, (claim) => {
      const pool = poolOf(claim);
      return pool === undefined ? [] : [pool];
    });
  }

  /** A pool has no list of offers to ask: what the Plan names can be had, unless there is no node class to have it from. */
  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    const { profile } = this.options;
    const { client } = this.cluster;
    if (!this.served) await requireServed(client, [NODE_POOLS, NODE_CLAIMS], profile.installer);
    this.served = true;
    await requireNodeClass(client, profile);
    const onDemand = { instanceType, capacityType: 'on-demand' } as const;
    return profile.capacityTypes ? [{ instanceType, capacityType: 'spot' }, onDemand] : [onDemand];
  }

  async claim(request: ClaimRequest): Promise<void> {
    const { client, clock } = this.cluster;
    const slot: PoolSlot = { claim: request.name, createdAt: new Date(clock.now()).toISOString() };
    for (let left = TRIES; ; left--) {
      try {
        const pool = await client.get(NODE_POOLS, undefined, poolName(request));
        if (pool === undefined) await this.create(request, slot);
        else await this.join(request, pool, slot);
        return;
      } catch (error) {
        if (isNotFound(error)) {
          this.served = false;
          throw notServed(NODE_POOLS, this.options.profile.installer, error);
        }
        if (left <= 1 || !(isConflict(error) || isAlreadyExists(error))) throw error;
      }
    }
  }

  async observe(owner: ClaimOwner, options: { readonly fresh?: boolean } = {}): Promise<readonly ClaimState[]> {
    const states = options.fresh
      ? await this.listed(selectorOf(owner))
      : this.pools
          .byIndex(BY_OWNER, ownerKey(owner))
          .flatMap((pool) => poolStates(pool, this.nodeClaims.byIndex(BY_POOL, pool.metadata.name)));
    return states.filter((state) => state.owner.uid === owner.uid);
  }

  async release(ref: ClaimRef): Promise<'gone' | 'going'> {
    for (let left = TRIES; ; left--) {
      try {
        return await this.giveBack(ref);
      } catch (error) {
        if (left <= 1 || !isConflict(error)) throw error;
      }
    }
  }

  async *owned(): AsyncIterable<ClaimState> {
    yield* await this.listed(OWNED_SELECTOR);
  }

  watches(): readonly ClaimWatch[] {
    return [NODE_POOLS, NODE_CLAIMS].map((resource) => ({
      resource,
      labelSelector: OWNED_SELECTOR,
      ownerOf: ownerFromLabels,
    }));
  }

  private async create(request: ClaimRequest, slot: PoolSlot): Promise<void> {
    const fieldManager = this.options.fieldManager ?? 'kaito-sdk';
    await this.cluster.client.create(NODE_POOLS, nodePool(request, this.options.profile, [slot]), { fieldManager });
  }

  private async join({ name, owner }: ClaimRequest, pool: KubeObject, slot: PoolSlot): Promise<void> {
    if (poolOwner(pool)?.uid !== owner.uid) {
      const message = `NodePool ${pool.metadata.name}, which claim ${name} needs, exists and does not belong to Workspace ${owner.namespace}/${owner.name}; delete it, or rename the Workspace`;
      throw new KaitoError('CLAIM_NAME_TAKEN', message);
    }
    const slots = slotsOf(pool);
    if (slots.some(({ claim }) => claim === name)) return;
    await this.change(pool, slotAnnotation(name, slot), living(slots).length + 1);
  }

  /** One step of the way back; a crash after any of its writes leaves what the next call goes on from. */
  private async giveBack({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const { client } = this.cluster;
    const pool = await this.poolWith(name, owner);
    if (pool === undefined) return this.giveBackOrphan({ name, owner });
    const nodeClaims = await this.claimsOf(pool);
    const slots = slotsOf(pool);
    const slot = slots.find(({ claim }) => claim === name);
    if (slot === undefined) return 'gone';
    if (slot.going === undefined) return this.begin(pool, slot, slots, nodeClaims);

    const doomed = nodeClaims.find(({ metadata }) => metadata.name === slot.going?.nodeClaim);
    if (doomed && doomed.metadata.deletionTimestamp === undefined) {
      // Before `replicas` falls: Karpenter would choose another one.
      await client.delete(NODE_CLAIMS, undefined, doomed.metadata.name);
    }
    const staying = living(slots).length;
    if (replicasOf(pool) !== staying) await this.change(pool, {}, staying);
    const others = slots.filter(({ claim, going }) => claim !== name && going !== undefined).length;
    if (doomed !== undefined || nodeClaims.length > staying + others) return 'going';
    if (slots.length > 1) await this.change(pool, slotAnnotation(name, undefined), staying);
    else await client.delete(NODE_POOLS, undefined, pool.metadata.name, uidOf(pool));
    return 'gone';
  }

  /** Writes down which machine goes, and gives it back. */
  private async begin(
    pool: KubeObject,
    slot: PoolSlot,
    slots: readonly PoolSlot[],
    nodeClaims: readonly KubeObject[],
  ): Promise<'going'> {
    const { client } = this.cluster;
    const nodeClaim = bindings(slots, nodeClaims).get(slot.claim)?.metadata.name;
    const going = nodeClaim === undefined ? {} : { nodeClaim };
    const marked = slotAnnotation(slot.claim, { ...slot, going });
    const staying = living(slots).length - 1;
    // Others could be chosen in its place: then it goes first, and `replicas` falls after it. Where there is no other, nothing is to be
    // made anew in between.
    const first = nodeClaim !== undefined && staying > 0;
    const now = await this.change(pool, marked, first ? staying + 1 : staying);
    if (nodeClaim === undefined) return 'going';
    await client.delete(NODE_CLAIMS, undefined, nodeClaim);
    if (first) await this.change(now, {}, staying);
    return 'going';
  }

  /** A NodeClaim whose pool somebody else removed; its name is its own. */
  private async giveBackOrphan({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const { client } = this.cluster;
    const claim = await whereServed(client.get(NODE_CLAIMS, undefined, name), undefined);
    if (!claim || claimState(claim)?.owner.uid !== owner.uid) return 'gone';
    const pool = poolOf(claim);
    // It has a pool after all, whose slots are given back in its place.
    if (pool !== undefined && (await client.get(NODE_POOLS, undefined, pool)) !== undefined) return 'gone';
    if (claim.metadata.deletionTimestamp !== undefined) return 'going';
    return (await client.delete(NODE_CLAIMS, undefined, name)) ? 'going' : 'gone';
  }

  /** The pool that has this claim: from the cache, or from the server where the cache does not know of it. */
  private async poolWith(claim: string, owner: ClaimOwner): Promise<KubeObject | undefined> {
    const has = (pool: KubeObject) =>
      poolOwner(pool)?.uid === owner.uid && slotsOf(pool).some((slot) => slot.claim === claim);
    const known = this.pools.byIndex(BY_OWNER, ownerKey(owner)).find(has);
    if (known) return this.cluster.client.get(NODE_POOLS, undefined, known.metadata.name);
    return (await this.items(NODE_POOLS, selectorOf(owner))).find(has);
  }

  private claimsOf({ metadata: { name } }: KubeObject): Promise<readonly KubeObject[]> {
    return this.items(NODE_CLAIMS, `${POOL_LABEL}=${name}`);
  }

  private async change(
    pool: KubeObject,
    annotations: Readonly<Record<string, string | null>>,
    replicas: number,
  ): Promise<KubeObject> {
    const { name, resourceVersion } = pool.metadata;
    const fieldManager = this.options.fieldManager ?? 'kaito-sdk';
    const patch = { metadata: { resourceVersion, annotations }, spec: { replicas } };
    return this.cluster.client.merge(NODE_POOLS, undefined, name, patch, { fieldManager });
  }

  /** Straight from the server, with what has lost its pool. The NodeClaims first: the pool of each was made before it. */
  private async listed(selector: string): Promise<readonly ClaimState[]> {
    const nodeClaims = await this.items(NODE_CLAIMS, selector);
    const pools = await this.items(NODE_POOLS, selector);
    const names = new Set(pools.map(({ metadata }) => metadata.name));
    const orphans = nodeClaims.filter((claim) => {
      const pool = poolOf(claim);
      return pool !== undefined && !names.has(pool);
    });
    return [
      ...pools.flatMap((pool) =>
        poolStates(
          pool,
          nodeClaims.filter((claim) => poolOf(claim) === pool.metadata.name),
        ),
      ),
      ...orphans.flatMap((claim) => claimState(claim) ?? []),
    ];
  }

  private async items(resource: typeof NODE_POOLS, labelSelector: string): Promise<readonly KubeObject[]> {
    const list = this.cluster.client.list(resource, { labelSelector });
    return (await whereServed(list, { items: [], resourceVersion: '' })).items;
  }
}

function poolOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[POOL_LABEL];
}

function replicasOf({ spec }: KubeObject): number {
  return (spec as { readonly replicas?: number } | undefined)?.replicas ?? 0;
}

function uidOf({ metadata: { uid } }: KubeObject): { readonly uid?: string } {
  return uid === undefined ? {} : { uid };
}
