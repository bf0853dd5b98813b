import {
  type ClaimOwner,
  type ClaimRef,
  type ClaimRequest,
  type ClaimState,
  type ClaimWatch,
  type ConnectedCluster,
  type Informer,
  isAlreadyExists,
  KaitoError,
  type KubeObject,
  type NodeNeed,
  type NodeProvisioner,
  type Offer,
  ProvisioningError,
} from '@kaito-sdk/core';
import { claimState } from './claim-state.js';
import { NODE_CLAIMS, nodeClaim } from './node-claim.js';
import { requireNodeClass } from './node-class.js';
import { OWNED_SELECTOR, ownerFromLabels, ownershipLabels } from './ownership.js';
import type { NodeClassProfile } from './profile.js';

export interface KarpenterProvisionerOptions {
  readonly profile: NodeClassProfile;
  /** Field manager of what it writes. @default `kaito-sdk` */
  readonly fieldManager?: string;
}

const BY_OWNER = 'kaito-sdk/owner';

/** Nodes through Karpenter NodeClaims, one claim a node. Nothing is remembered: the API server holds all there is to know. */
export class KarpenterProvisioner implements NodeProvisioner {
  readonly name = 'karpenter';
  private readonly claims: Informer;

  constructor(
    private readonly cluster: ConnectedCluster,
    private readonly options: KarpenterProvisionerOptions,
  ) {
    this.claims = cluster.cache.informer(NODE_CLAIMS, { labelSelector: OWNED_SELECTOR });
    this.claims.addIndex(BY_OWNER, (claim) => {
      const owner = ownerFromLabels(claim.metadata.labels ?? {});
      return owner ? [ownerKey(owner)] : [];
    });
  }

  /** A NodeClaim has no list of offers to ask: what the Plan names can be had, unless there is no node class to have it from. */
  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    const { profile } = this.options;
    await requireNodeClass(this.cluster.client, profile);
    const onDemand = { instanceType, capacityType: 'on-demand' } as const;
    return profile.capacityTypes ? [{ instanceType, capacityType: 'spot' }, onDemand] : [onDemand];
  }

  async claim(request: ClaimRequest): Promise<void> {
    const { profile } = this.options;
    if (request.capacityType === 'spot' && !profile.capacityTypes) {
      const message = `${profile.name} makes on-demand machines only, so no claim was made for a spot one`;
      throw new ProvisioningError('unsupported', 'SpotNotOffered', message);
    }
    const fieldManager = this.options.fieldManager ?? 'kaito-sdk';
    try {
      await this.cluster.client.create(NODE_CLAIMS, nodeClaim(request, profile), { fieldManager });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await this.refuseForeign(request);
    }
  }

  async observe(owner: ClaimOwner, options: { readonly fresh?: boolean } = {}): Promise<readonly ClaimState[]> {
    const claims = options.fresh ? await this.listed(owner) : this.claims.byIndex(BY_OWNER, ownerKey(owner));
    return claims.flatMap((claim) => claimState(claim) ?? []).filter((state) => state.owner.uid === owner.uid);
  }

  async release({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const { client } = this.cluster;
    // The cache may be behind in either direction: what it does not have is asked for before it counts as gone.
    const claim = this.claims.get(undefined, name) ?? (await client.get(NODE_CLAIMS, undefined, name));
    if (!claim || claimState(claim)?.owner.uid !== owner.uid) return 'gone';
    // A second DELETE of an object that is terminating changes nothing, but costs a request: the cache spares it.
    if (claim.metadata.deletionTimestamp !== undefined) return 'going';
    return (await client.delete(NODE_CLAIMS, undefined, name)) ? 'going' : 'gone';
  }

  async *owned(): AsyncIterable<ClaimState> {
    const { items } = await this.cluster.client.list(NODE_CLAIMS, { labelSelector: OWNED_SELECTOR });
    for (const claim of items) {
      const state = claimState(claim);
      if (state) yield state;
    }
  }

  watches(): readonly ClaimWatch[] {
    return [{ resource: NODE_CLAIMS, labelSelector: OWNED_SELECTOR, ownerOf: ownerFromLabels }];
  }

  private async listed(owner: ClaimOwner): Promise<readonly KubeObject[]> {
    const labelSelector = Object.entries(ownershipLabels(owner))
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    return (await this.cluster.client.list(NODE_CLAIMS, { labelSelector })).items;
  }

  /** The name exists already: fine when it is ours (a crash, a stale cache), an error when it is somebody else's. */
  private async refuseForeign({ name, owner }: ClaimRequest): Promise<void> {
    const existing = await this.cluster.client.get(NODE_CLAIMS, undefined, name);
    if (!existing || claimState(existing)?.owner.uid === owner.uid) return;
    const message = `NodeClaim ${name} exists and does not belong to Workspace ${owner.namespace}/${owner.name}; delete it, or rename the Workspace`;
    throw new KaitoError('CLAIM_NAME_TAKEN', message);
  }
}

function ownerKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
