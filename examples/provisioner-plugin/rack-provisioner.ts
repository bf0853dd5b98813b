import {
  type ClaimOwner,
  type ClaimPhase,
  type ClaimRef,
  type ClaimRequest,
  type ClaimState,
  definePlugin,
  type NodeProvisioner,
  ProvisioningError,
  type ProvisioningFailure,
} from '@kaito-sdk/core';

/** What your machines are rented from. Replace it by the client of your own API. */
export interface RackApi {
  /** False when the name is taken, by whomever. */
  rent(order: RackOrder): Promise<boolean>;
  /** All machines, asked for over the network. */
  machines(): Promise<readonly RackMachine[]>;
  /** All machines as last seen, from a subscription: costs no request. */
  seen(): readonly RackMachine[];
  /** False when there is no such machine. */
  giveBack(name: string): Promise<boolean>;
}

export interface RackOrder {
  readonly name: string;
  readonly size: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RackMachine extends RackOrder {
  readonly state: 'ordered' | 'on' | 'failed' | 'going';
  readonly node?: string;
  readonly nodeReady: boolean;
  readonly rentedAt: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Your cloud's codes, by what they mean to the operator. */
const failures: Readonly<Record<string, ProvisioningFailure>> = {
  NoStock: 'capacity',
  QuotaUsedUp: 'quota',
  NotSold: 'unsupported',
  NotAllowed: 'permission',
};
const labelsOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => ({
  'rack.example/workspace': name,
  'rack.example/namespace': namespace,
});
const ownerOf = (tags: Readonly<Record<string, string>>) => {
  const { 'rack.example/workspace': name, 'rack.example/namespace': namespace } = tags;
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
};
const NODES = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

/** Nodes from a rack. Whose a machine is stands in its tags, so nothing needs to be remembered. */
export class RackProvisioner implements NodeProvisioner {
  readonly name = 'rack';
  constructor(private readonly rack: RackApi) {}

  async offers({ instanceType }: { readonly instanceType: string }) {
    return [{ instanceType, capacityType: 'on-demand' as const }];
  }

  async claim({ name, owner, instanceType, capacityType, labels }: ClaimRequest): Promise<void> {
    if (capacityType === 'spot') throw new ProvisioningError('unsupported', 'NoSpot', 'the rack has no spot machines');
    const tags = { ...labels, ...labelsOf(owner), 'rack.example/uid': owner.uid };
    if (await this.rack.rent({ name, size: instanceType, tags })) return;
    // Rented already: by an earlier try of ours, or by somebody else.
    const existing = (await this.rack.machines()).find((machine) => machine.name === name);
    if (existing?.tags['rack.example/uid'] !== owner.uid) throw new Error(`machine ${name} belongs to somebody else`);
  }

  async observe(owner: ClaimOwner, { fresh = false } = {}): Promise<readonly ClaimState[]> {
    const machines = fresh ? await this.rack.machines() : this.rack.seen();
    return machines.flatMap((machine) => stateOf(machine) ?? []).filter((claim) => claim.owner.uid === owner.uid);
  }

  async release({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const machine = (await this.rack.machines()).find((one) => one.name === name);
    if (machine?.tags['rack.example/uid'] !== owner.uid) return 'gone';
    if (machine.state === 'going') return 'going';
    return (await this.rack.giveBack(name)) ? 'going' : 'gone';
  }

  async *owned(): AsyncIterable<ClaimState> {
    yield* (await this.rack.machines()).flatMap((machine) => stateOf(machine) ?? []);
  }

  watches() {
    return [{ resource: NODES, ownerOf }];
  }
}

function stateOf({ name, size, tags, state, node, nodeReady, rentedAt, error }: RackMachine): ClaimState | undefined {
  const owner = ownerOf(tags);
  const uid = tags['rack.example/uid'];
  if (!owner || uid === undefined) return undefined;
  const on: ClaimPhase = node === undefined ? 'launched' : nodeReady ? 'ready' : 'joined';
  const phase = ({ ordered: 'requested', on, failed: 'failed', going: 'releasing' } as const)[state];
  const why = error && { failure: failures[error.code] ?? 'transient', reason: error.code, message: error.message };
  const joined = node === undefined ? {} : { nodeName: node };
  return { name, owner: { ...owner, uid }, phase, instanceType: size, createdAt: rentedAt, ...joined, ...why };
}

/** The plugin, given the rack it rents from. */
export const rackPlugin = (rack: RackApi) =>
  definePlugin({ name: '@acme/provisioner-rack', apiVersion: '1', provides: ['provisioner'] }, ({ provisioner }) =>
    provisioner({ name: 'rack', retired: 'warn', nodeSelector: labelsOf, connect: () => new RackProvisioner(rack) }),
  );
