import {
  type ClaimOwner,
  type ClaimRef,
  type ClaimRequest,
  type ClaimState,
  type ClaimWatch,
  type ConnectedCluster,
  type Informer,
  isAlreadyExists,
  isNotFound,
  KaitoError,
  type KubeObject,
  type NodeNeed,
  type NodeProvisioner,
  type Offer,
  ProvisioningError,
} from '@kaito-sdk/core';
import { type ClaimForm, nodeClaimForm } from './claim-form.js';
import { requireNodeClass } from './node-class.js';
import { OWNED_SELECTOR, ownerFromLabels, ownerKey, selectorOf } from './ownership.js';
import type { NodeClassProfile } from './profile.js';
import { notServed, requireServed, whereServed } from './served.js';

export interface KarpenterProvisionerOptions {
  readonly profile: NodeClassProfile;
  /** The kind of object that is made for a node. @default NodeClaim v1 */
  readonly form?: ClaimForm;
  /** Field manager of what it writes. @default `kaito-sdk` */
  readonly fieldManager?: string;
}

const BY_OWNER = 'kaito-sdk/owner';

/** Nodes through Karpenter's NodeClaims or Machines, one object a node. Nothing is remembered: the API server holds all there is to know. */
export class KarpenterProvisioner implements NodeProvisioner {
  readonly name = 'karpenter';
  private readonly claims: Informer;
  private readonly form: ClaimForm;
  private served = false;

  constructor(
    private readonly cluster: ConnectedCluster,
    private readonly options: KarpenterProvisionerOptions,
  ) {
    this.form = options.form ?? nodeClaimForm;
    this.claims = cluster.cache.informer(this.form.resource, { labelSelector: OWNED_SELECTOR, optional: true });
    this.claims.addIndex(BY_OWNER, (claim) => {
      const owner = ownerFromLabels(claim.metadata.labels ?? {});
      return owner ? [ownerKey(owner)] : [];
    });
  }

  /** A NodeClaim has no list of offers to ask: what the Plan names can be had, unless there is no node class to have it from. */
  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    const { profile } = this.options;
    if (!this.served) await requireServed(this.cluster.client, [this.form.resource], profile.installer);
    this.served = true;
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
      await this.cluster.client.create(this.form.resource, this.form.render(request, profile), { fieldManager });
    } catch (error) {
      if (isNotFound(error)) {
        this.served = false;
        throw notServed(this.form.resource, profile.installer, error);
      }
      if (!isAlreadyExists(error)) throw error;
      await this.refuseForeign(request);
    }
  }

  async observe(owner: ClaimOwner, options: { readonly fresh?: boolean } = {}): Promise<readonly ClaimState[]> {
    const claims = options.fresh
      ? await this.listed(selectorOf(owner))
      : this.claims.byIndex(BY_OWNER, ownerKey(owner));
    return claims.flatMap((claim) => this.form.state(claim) ?? []).filter((state) => state.owner.uid === owner.uid);
  }

  async release({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const { client } = this.cluster;
    const { resource } = this.form;
    // The cache may be behind in either direction: what it does not have is asked for before it counts as gone.
    const claim =
      this.claims.get(undefined, name) ?? (await whereServed(client.get(resource, undefined, name), undefined));
    if (!claim || this.form.state(claim)?.owner.uid !== owner.uid) return 'gone';
    // A second DELETE of an object that is terminating changes nothing, but costs a request: the cache spares it.
    if (claim.metadata.deletionTimestamp !== undefined) return 'going';
    return (await client.delete(resource, undefined, name)) ? 'going' : 'gone';
  }

  async *owned(): AsyncIterable<ClaimState> {
    for (const claim of await this.listed(OWNED_SELECTOR)) {
      const state = this.form.state(claim);
      // Without our mark it is KAITO's: the labels are the same, and its nodes are not ours to hunt.
      if (state && state.owner.uid !== '') yield state;
    }
  }

  watches(): readonly ClaimWatch[] {
    return [{ resource: this.form.resource, labelSelector: OWNED_SELECTOR, ownerOf: ownerFromLabels }];
  }

  private async listed(labelSelector: string): Promise<readonly KubeObject[]> {
    const list = this.cluster.client.list(this.form.resource, { labelSelector });
    return (await whereServed(list, { items: [], resourceVersion: '' })).items;
  }

  /** The name exists already: fine when it is ours (a crash, a stale cache), an error when it is somebody else's. */
  private async refuseForeign({ name, owner }: ClaimRequest): Promise<void> {
    const existing = await this.cluster.client.get(this.form.resource, undefined, name);
    if (!existing || this.form.state(existing)?.owner.uid === owner.uid) return;
    const message = `${this.form.resource.kind} ${name} exists and does not belong to Workspace ${owner.namespace}/${owner.name}; delete it, or rename the Workspace`;
    throw new KaitoError('CLAIM_NAME_TAKEN', message);
  }
}
