import { isConflict, isNotFound } from '../kube/errors.js';
import type { Informer } from '../kube/informer.js';
import { NODES } from '../kube/kinds.js';
import type { KubeObject } from '../kube/objects.js';
import type { InstanceType } from '../plugin/instance-catalog.js';
import type {
  ClaimOwner,
  ClaimRef,
  ClaimRequest,
  ClaimState,
  ClaimWatch,
  NodeNeed,
  NodeProvisioner,
  Offer,
  StockNeed,
} from '../plugin/node-provisioner.js';
import type { ConnectedCluster, ProvisionerPlugin } from '../plugin/provisioner-plugin.js';
import { ProvisioningError } from '../plugin/provisioning-error.js';
import { chooseNode } from './choose-node.js';
import { byoClaim, byoLabels, claimKey, isReady, ownersOf, recordsOf, statesOf } from './node-claims.js';
import { stockOf } from './stock.js';

/** How often a choice is made anew when somebody else changed the node in between. */
const TRIES = 5;

/**
 * Nodes that are there already. A claim is an annotation on the node it took, and labels that the pods select by; several Workspaces share
 * a node as far as its extended resources go. Nothing is bought and nothing is deleted.
 */
export class ByoProvisioner implements NodeProvisioner {
  readonly name = 'byo';
  private readonly nodes: Informer;

  constructor(private readonly cluster: ConnectedCluster) {
    this.nodes = cluster.cache.informer(NODES);
  }

  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    const has = this.nodes.list().some((node) => {
      const type = node.metadata.labels?.['node.kubernetes.io/instance-type'] ?? instanceType;
      return type === instanceType && isReady(node);
    });
    return has ? [{ instanceType, capacityType: 'on-demand' }] : [];
  }

  async claim(request: ClaimRequest): Promise<void> {
    for (let tries = 1; ; tries++) {
      // From the server itself: what another Workspace has just taken must not be taken again.
      const nodes = (await this.cluster.client.list(NODES)).items;
      const holder = nodes.find((node) => recordsOf(node).has(request.name));
      if (holder) return refuseForeign(holder, request);
      const chosen = chooseNode(request, nodes);
      if (typeof chosen === 'string') {
        throw new ProvisioningError('capacity', 'NoMatchingNode', `no node will do for ${request.name}: ${chosen}`);
      }
      try {
        return await this.record(chosen, request);
      } catch (error) {
        if (tries === TRIES || !isConflict(error)) throw error;
      }
    }
  }

  async observe(owner: ClaimOwner, options: { readonly fresh?: boolean } = {}): Promise<readonly ClaimState[]> {
    const nodes = options.fresh ? (await this.cluster.client.list(NODES)).items : this.nodes.list();
    return nodes.flatMap(statesOf).filter((claim) => claim.owner.uid === owner.uid);
  }

  async release({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const { items } = await this.cluster.client.list(NODES);
    const holder = items.find((node) => recordsOf(node).get(name)?.owner.uid === owner.uid);
    if (!holder) return 'gone';
    const labels = Object.fromEntries(Object.keys(byoLabels(owner)).map((key) => [key, null]));
    const metadata = { labels, annotations: { [claimKey(name)]: null } };
    try {
      await this.cluster.client.merge(NODES, undefined, holder.metadata.name, { metadata });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return 'gone';
  }

  async *owned(): AsyncIterable<ClaimState> {
    for (const node of (await this.cluster.client.list(NODES)).items) yield* statesOf(node);
  }

  /** From the cache: a pass asks for it each time. */
  stock(need: StockNeed): readonly InstanceType[] {
    return stockOf(this.nodes.list(), need);
  }

  watches(): readonly ClaimWatch[] {
    return [{ resource: NODES, ownerOf: (labels) => ownersOf(labels)[0], ownersOf }];
  }

  /** Only if the node is still the one that was looked at. */
  private async record(node: KubeObject, { name, owner, instanceType, resources = {} }: ClaimRequest): Promise<void> {
    const createdAt = new Date(this.cluster.clock.now()).toISOString();
    const { resourceVersion } = node.metadata;
    const metadata = { resourceVersion, ...byoClaim(name, { owner, instanceType, createdAt, resources }) };
    await this.cluster.client.merge(NODES, undefined, node.metadata.name, { metadata });
  }
}

function refuseForeign(holder: KubeObject, { name, owner }: ClaimRequest): void {
  if (recordsOf(holder).get(name)?.owner.uid === owner.uid) return;
  const message = `claim ${name} stands on node ${holder.metadata.name} for somebody else; remove annotation ${claimKey(name)} there`;
  throw new ProvisioningError('unsupported', 'ClaimNameTaken', message);
}

/** For an operator that buys nothing. */
export const byoProvisioner: ProvisionerPlugin = {
  name: 'byo',
  retired: 'warn',
  nodeSelector: byoLabels,
  connect: (cluster) => new ByoProvisioner(cluster),
};
