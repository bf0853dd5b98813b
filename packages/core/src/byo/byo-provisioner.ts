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
import { byoLabels, isReady } from './node-claims.js';
import { OwnNodes } from './own-nodes.js';
import { stockOf } from './stock.js';

/**
 * Nodes that are there already. A claim is an annotation on the node it took, and labels that the pods select by; several Workspaces share
 * a node as far as its extended resources go. Nothing is bought and nothing is deleted.
 */
export class ByoProvisioner implements NodeProvisioner {
  readonly name = 'byo';
  private readonly nodes: OwnNodes;

  constructor(cluster: ConnectedCluster) {
    this.nodes = new OwnNodes(cluster);
  }

  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    const has = this.nodes.list().some((node) => {
      const type = node.metadata.labels?.['node.kubernetes.io/instance-type'] ?? instanceType;
      return type === instanceType && isReady(node);
    });
    return has ? [{ instanceType, capacityType: 'on-demand' }] : [];
  }

  async claim(request: ClaimRequest): Promise<void> {
    const taken = await this.nodes.take(request);
    if ('node' in taken) return;
    throw new ProvisioningError('capacity', 'NoMatchingNode', `no node will do for ${request.name}: ${taken.why}`);
  }

  observe(owner: ClaimOwner, options?: { readonly fresh?: boolean }): Promise<readonly ClaimState[]> {
    return this.nodes.observe(owner, options);
  }

  release(ref: ClaimRef): Promise<'gone' | 'going'> {
    return this.nodes.release(ref);
  }

  owned(): AsyncIterable<ClaimState> {
    return this.nodes.owned();
  }

  /** From the cache: a pass asks for it each time. */
  stock(need: StockNeed): readonly InstanceType[] {
    return stockOf(this.nodes.list(), need);
  }

  watches(): readonly ClaimWatch[] {
    return [this.nodes.watch];
  }
}

/** For an operator that buys nothing. */
export const byoProvisioner: ProvisionerPlugin = {
  name: 'byo',
  retired: 'warn',
  findsNodes: true,
  nodeSelector: byoLabels,
  preferredNodes: byoLabels,
  connect: (cluster) => new ByoProvisioner(cluster),
};
