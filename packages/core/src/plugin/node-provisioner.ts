import type { ResourceKind } from '../kube/objects.js';
import type { Bytes } from '../plan/bytes.js';
import type { GpuFacts, InstanceCatalog, InstanceType, Price } from './instance-catalog.js';

/**
 * Gets paid nodes and gives them back. Every method may be called again at any time, after any crash: names are given by the
 * caller and deterministic, and nothing may be remembered in memory only.
 */
export interface NodeProvisioner {
  readonly name: string;
  /**
   * What could be had, best first. Free of charge; an empty list means that nothing can.
   * @throws ProvisioningError to say why nothing can
   * @throws ProvisioningDeferred to say why nothing can now, and when to ask again
   */
  offers(need: NodeNeed): Promise<readonly Offer[]>;
  /**
   * Asks for one node. Idempotent by `request.name`: asking again for a claim that exists changes nothing.
   * @throws ProvisioningError when it is refused for a known reason
   * @throws ProvisioningDeferred when it is to be asked again later; whatever else is thrown is tried again, with back-off,
   * and told in condition `Reconciled` once it has lasted
   */
  claim(request: ClaimRequest): Promise<void>;
  /**
   * Every claim of one owner, those being released too. From a watched cache, free of requests; with `fresh` from the source
   * itself, Nodes included, for the decisions that a stale answer would spoil: that nothing is left, and that a node is given up.
   */
  observe(owner: ClaimOwner, options?: { readonly fresh?: boolean }): Promise<readonly ClaimState[]>;
  /**
   * Takes a node that is there already for this claim, of those that `preferredNodes` names; one that has it keeps it. Never for a claim
   * that was asked for by {@link claim}. Core adds it to a provisioner that has none (`withPreferredNodes`).
   * @default such nodes cannot be had
   * @throws ProvisioningDeferred where it cannot be told now whether the claim was asked for; then nothing was taken
   */
  take?(request: ClaimRequest): Promise<TakenNode>;
  /** Gives a node back. Called again until it answers `gone`. */
  release(claim: ClaimRef): Promise<'gone' | 'going'>;
  /**
   * For a provisioner that buys nothing: the machines that are there for an owner, each type once, with what they say of themselves; of
   * those that it holds already, where it holds some, so that a Plan does not move on from nodes that serve. Free of requests.
   * @default the installed catalogs say what can be had
   */
  stock?(need: StockNeed): readonly InstanceType[];
  /** Everything this installation ever made and that still exists: the leak hunt. */
  owned(): AsyncIterable<ClaimState>;
  /** What must be watched so that a change of a claim wakes its owner up. */
  watches(): readonly ClaimWatch[];
}

export interface NodeNeed {
  readonly instanceType: string;
  readonly nodes: number;
  readonly diskBytes: Bytes;
}

export interface StockNeed {
  readonly owner: ClaimOwner;
  /** Labels that the nodes must carry: the user's `matchLabels`. */
  readonly labels: Readonly<Record<string, string>>;
  /** What is known of the types that nodes only name. */
  readonly catalogs: readonly InstanceCatalog[];
}

export interface Offer {
  readonly instanceType: string;
  readonly capacityType: 'on-demand' | 'spot';
  readonly zone?: string;
  readonly price?: Price;
}

export interface ClaimOwner {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface ClaimRequest {
  /** 1-12 characters, `^[a-z][a-z0-9]{0,11}$`: the narrowest rule among the clouds served. */
  readonly name: string;
  readonly owner: ClaimOwner;
  readonly instanceType: string;
  readonly capacityType: 'on-demand' | 'spot';
  readonly zone?: string;
  readonly diskBytes: Bytes;
  /** The user's `matchLabels`, for the node. */
  readonly labels: Readonly<Record<string, string>>;
  /** Extended resources that the workload takes on the node, `<vendor>.com/gpu`: for provisioners whose nodes are shared. */
  readonly resources?: Readonly<Record<string, number>>;
  /** What the Plan counts on one GPU to be: for provisioners whose nodes are there already, and may be of any kind. */
  readonly gpu?: Omit<GpuFacts, 'count'>;
  /** Nodes that exist already and are to be taken first, for provisioners that have such. */
  readonly preferredNodes?: readonly string[];
}

/** The node that was taken for a claim, or why none of those named will do, each in turn. */
export type TakenNode =
  | { readonly taken: true; readonly node: string }
  | { readonly taken: false; readonly why: string };

export interface ClaimRef {
  readonly name: string;
  readonly owner: ClaimOwner;
  /** A node that was there already: it was not bought, costs nothing, and stays when the claim is given back. */
  readonly own?: true;
}

export interface ClaimState extends ClaimRef {
  readonly phase: ClaimPhase;
  readonly instanceType?: string;
  readonly nodeName?: string;
  /** RFC 3339. */
  readonly createdAt?: string;
  /**
   * Another operator made it, under a name of its own, and it was handed over to us (`kaito adopt`). It counts before anything new is asked for.
   * @default false
   */
  readonly inherited?: boolean;
  /** Stable, CamelCase; what the cloud said, in its words, is in `message`. */
  readonly reason?: string;
  readonly message?: string;
  /**
   * Milliseconds from `createdAt` for which `message` tells nothing that is not usual, so that no condition repeats it yet.
   * @default 0
   */
  readonly usualForMs?: number;
  /** For `failed`: what kind of failure, which decides what happens next. */
  readonly failure?: ProvisioningFailure;
  /**
   * Milliseconds after which to look again, for what no watch will tell. Left out: a watch tells of the next change, or none is to come.
   */
  readonly lookAgainMs?: number;
}

/** `requested`: asked for. `launched`: the machine exists. `joined`: the node is registered. `ready`: usable. `releasing`: on its way out. */
export type ClaimPhase = 'requested' | 'launched' | 'joined' | 'ready' | 'failed' | 'releasing';

/** `capacity` and `quota` may be cured by another offer; `unsupported` and `permission` by a person only; `transient` by waiting. */
export type ProvisioningFailure = 'capacity' | 'quota' | 'unsupported' | 'permission' | 'transient';

export interface ClaimWatch {
  readonly resource: ResourceKind;
  readonly labelSelector?: string;
  /** The owner of a watched object, from its labels; undefined when it is nobody's. */
  ownerOf(labels: Readonly<Record<string, string>>): { readonly namespace: string; readonly name: string } | undefined;
  /** All owners, where an object may have several (a node that Workspaces share); asked instead of `ownerOf`. */
  ownersOf?(labels: Readonly<Record<string, string>>): readonly { readonly namespace: string; readonly name: string }[];
}
