import type {
  ClaimOwner,
  ClaimRef,
  ClaimRequest,
  ClaimState,
  ClaimWatch,
  NodeNeed,
  NodeProvisioner,
  Offer,
  TakenNode,
} from '../plugin/node-provisioner.js';
import type { ConnectedCluster, ProvisionerPlugin } from '../plugin/provisioner-plugin.js';
import { ProvisioningDeferred } from '../plugin/provisioning-deferred.js';
import { ProvisioningError } from '../plugin/provisioning-error.js';
import { byoLabels } from './node-claims.js';
import { OwnNodes } from './own-nodes.js';

/** After which a cloud that could not say what was asked of it is asked again. */
const ASK_AGAIN_MS = 15_000;

/**
 * A provisioner that buys nodes, and takes those that a Workspace names in `resource.preferredNodes` before it does. One that knows such
 * nodes by itself stays as it is.
 *
 * ```ts
 * const provisioner = withPreferredNodes(plugin);
 * kaitoOperator({ installed: { ...installed, provisioner }, … });
 * ```
 */
export function withPreferredNodes(plugin: ProvisionerPlugin): ProvisionerPlugin {
  return {
    ...plugin,
    nodeSelector: (workspace) => plugin.nodeSelector(workspace),
    preferredNodes: (workspace) => plugin.preferredNodes?.(workspace) ?? byoLabels(workspace),
    connect: (cluster) => {
      const bought = plugin.connect(cluster);
      const knowsThem = bought.take !== undefined || bought.stock !== undefined;
      return knowsThem ? bought : new PreferringProvisioner(bought, cluster);
    },
  };
}

/** Claims that are bought and claims on nodes that are there, each kept where it always was: nothing says twice what a claim is. */
class PreferringProvisioner implements NodeProvisioner {
  readonly name: string;
  private readonly own: OwnNodes;

  constructor(
    private readonly bought: NodeProvisioner,
    cluster: ConnectedCluster,
  ) {
    this.name = bought.name;
    this.own = new OwnNodes(cluster);
  }

  offers(need: NodeNeed): Promise<readonly Offer[]> {
    return this.bought.offers(need);
  }

  claim(request: ClaimRequest): Promise<void> {
    return this.bought.claim(request);
  }

  async take(request: ClaimRequest): Promise<TakenNode> {
    const { name, owner, preferredNodes = [] } = request;
    // A claim that a process asked for and did not live to see must not get a second node.
    const askedFor = async () => {
      const claims = await this.bought.observe(owner, { fresh: true }).catch((error: Error) => {
        const message = `whether node ${name} was asked for already cannot be told: ${error.message}`;
        throw new ProvisioningDeferred('CloudUnreachable', message, ASK_AGAIN_MS, { cause: error });
      });
      return claims.some((claim) => claim.name === name) ? `${name} was asked for already` : undefined;
    };
    try {
      const taken = await this.own.take(request, new Set(preferredNodes), askedFor);
      return 'node' in taken ? { taken: true, node: taken.node } : { taken: false, why: taken.why };
    } catch (error) {
      if (!ProvisioningError.is(error)) throw error;
      return { taken: false, why: error.message };
    }
  }

  async observe(owner: ClaimOwner, options?: { readonly fresh?: boolean }): Promise<readonly ClaimState[]> {
    const own = (await this.own.observe(owner, options)).map((claim) => ({ ...claim, own: true as const }));
    return [...(await this.bought.observe(owner, options)), ...own];
  }

  release(ref: ClaimRef): Promise<'gone' | 'going'> {
    // Whoever looked at the source may know of a claim that the cache does not show yet.
    return ref.own || this.own.has(ref) ? this.own.release(ref) : this.bought.release(ref);
  }

  async *owned(): AsyncIterable<ClaimState> {
    yield* this.bought.owned();
    for (const claim of this.own.known()) yield { ...claim, own: true };
  }

  watches(): readonly ClaimWatch[] {
    return [...this.bought.watches(), this.own.watch];
  }
}
