import { isConflict, isNotFound } from '../kube/errors.js';
import type { Informer } from '../kube/informer.js';
import { NODES } from '../kube/kinds.js';
import { labelSelectorOf } from '../kube/label-selector.js';
import type { KubeObject } from '../kube/objects.js';
import type { ClaimOwner, ClaimRef, ClaimRequest, ClaimState, ClaimWatch } from '../plugin/node-provisioner.js';
import type { ConnectedCluster } from '../plugin/provisioner-plugin.js';
import { ProvisioningError } from '../plugin/provisioning-error.js';
import { type Choice, chooseNode } from './choose-node.js';
import { byoClaim, byoLabels, claimKey, ownersOf, recordsOf, statesOf } from './node-claims.js';

/** How often a choice is made anew when somebody else changed the node in between. */
const TRIES = 5;
const BY_OWNER = 'kaito-sdk/node-claims';

/**
 * The claims on nodes that are there already: an annotation on the node, and labels that the pods select by. Nothing is bought, nothing is
 * deleted, and nothing is remembered elsewhere.
 */
export class OwnNodes {
  private readonly nodes: Informer;

  constructor(private readonly cluster: ConnectedCluster) {
    this.nodes = cluster.cache.informer(NODES);
    this.nodes.addIndex(BY_OWNER, (node) => [...recordsOf(node).values()].flatMap((one) => one?.owner.uid ?? []));
  }

  /** Every node, from the cache. */
  list(): readonly KubeObject[] {
    return this.nodes.list();
  }

  /**
   * Takes a node for a claim, or says why none will do. A claim that stands on a node already stays there.
   * @throws ProvisioningError when its name stands on a node for somebody else
   */
  async take(
    request: ClaimRequest,
    among: Choice['among'] = 'all',
    first: () => Promise<string | undefined> = async () => undefined,
  ): Promise<{ readonly node: string } | { readonly why: string }> {
    const instances = this.cluster.instances?.() ?? [];
    for (let tries = 1; ; tries++) {
      // From the server itself: what another Workspace has just taken must not be taken again.
      const nodes = (await this.cluster.client.list(NODES)).items;
      const holder = nodes.find((node) => recordsOf(node).has(request.name));
      if (holder) {
        refuseForeign(holder, request);
        return { node: holder.metadata.name };
      }
      const objection = await first();
      if (objection !== undefined) return { why: objection };
      const chosen = chooseNode(request, nodes, { among, instances });
      if (typeof chosen === 'string') return { why: chosen };
      try {
        await this.record(chosen, request);
        return { node: chosen.metadata.name };
      } catch (error) {
        if (tries === TRIES || !isConflict(error)) throw error;
      }
    }
  }

  async observe(
    owner: ClaimOwner,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<readonly ClaimState[]> {
    const nodes = fresh
      ? (await this.cluster.client.list(NODES, { labelSelector: labelSelectorOf(byoLabels(owner)) })).items
      : this.nodes.byIndex(BY_OWNER, owner.uid);
    return nodes.flatMap(statesOf).filter((claim) => claim.owner.uid === owner.uid);
  }

  /** Whether a node has this claim, by the cache. */
  has({ name, owner }: ClaimRef): boolean {
    return this.nodes.byIndex(BY_OWNER, owner.uid).some((node) => recordsOf(node).has(name));
  }

  async release({ name, owner }: ClaimRef): Promise<'gone'> {
    for (let tries = 1; ; tries++) {
      const { items } = await this.cluster.client.list(NODES);
      const holder = items.find((node) => recordsOf(node).get(name)?.owner.uid === owner.uid);
      if (!holder) return 'gone';
      const { resourceVersion } = holder.metadata;
      const metadata = {
        resourceVersion,
        labels: unshared(holder, name, owner),
        annotations: { [claimKey(name)]: null },
      };
      try {
        await this.cluster.client.merge(NODES, undefined, holder.metadata.name, { metadata });
        return 'gone';
      } catch (error) {
        if (isNotFound(error)) return 'gone';
        if (tries === TRIES || !isConflict(error)) throw error;
      }
    }
  }

  /** Every claim, from the cache and so free of requests. What it does not show yet is found the next time. */
  known(): readonly ClaimState[] {
    return this.nodes.list().flatMap(statesOf);
  }

  async *owned(): AsyncIterable<ClaimState> {
    for (const node of (await this.cluster.client.list(NODES)).items) yield* statesOf(node);
  }

  readonly watch: ClaimWatch = { resource: NODES, ownerOf: (labels) => ownersOf(labels)[0], ownersOf };

  /** Only if the node is still the one that was looked at. */
  private async record(node: KubeObject, { name, owner, instanceType, resources = {} }: ClaimRequest): Promise<void> {
    const createdAt = new Date(this.cluster.clock.now()).toISOString();
    const { resourceVersion } = node.metadata;
    const metadata = { resourceVersion, ...byoClaim(name, { owner, instanceType, createdAt, resources }) };
    await this.cluster.client.merge(NODES, undefined, node.metadata.name, { metadata });
  }
}

/** The labels that go with a claim: none while another one of that name is there, of a Workspace that was made again, whose pods need them. */
function unshared(node: KubeObject, claim: string, { namespace, name }: ClaimOwner): Record<string, null> {
  const others = [...recordsOf(node)].filter(([other]) => other !== claim).map(([, record]) => record?.owner);
  if (others.some((other) => other?.namespace === namespace && other.name === name)) return {};
  return Object.fromEntries(Object.keys(byoLabels({ namespace, name })).map((key) => [key, null]));
}

function refuseForeign(holder: KubeObject, { name, owner }: ClaimRequest): void {
  if (recordsOf(holder).get(name)?.owner.uid === owner.uid) return;
  const message = `claim ${name} stands on node ${holder.metadata.name} for somebody else; remove annotation ${claimKey(name)} there`;
  throw new ProvisioningError('unsupported', 'ClaimNameTaken', message);
}
