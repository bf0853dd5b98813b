import type {
  ClaimOwner,
  ClaimPhase,
  ClaimRef,
  ClaimRequest,
  ClaimState,
  ClaimWatch,
  NodeNeed,
  NodeProvisioner,
  Offer,
  ProvisioningFailure,
} from '../plugin/node-provisioner.js';
import { cloudCodes, type MemoryCloud, type MemoryMachine } from './memory-cloud.js';

/** Nodes from a {@link MemoryCloud}: keeps every rule of the contract, and is short enough to break on purpose. */
export class MemoryProvisioner implements NodeProvisioner {
  readonly name: string = 'memory';

  constructor(protected readonly cloud: Pick<MemoryCloud, 'create' | 'delete' | 'list' | 'watched'>) {}

  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    const price = (usdPerHour: number) => ({ usdPerHour, region: 'here', asOf: '2026-01-01', source: 'made up' });
    return [
      { instanceType, capacityType: 'spot', price: price(1) },
      { instanceType, capacityType: 'on-demand', price: price(3) },
    ];
  }

  async claim(request: ClaimRequest): Promise<void> {
    const { name, owner, instanceType, capacityType, zone, labels } = request;
    const existing = this.cloud.list().find((machine) => machine.name === name);
    if (existing) return this.refuseForeign(existing, owner);
    const tags = { ...labels, owner: owner.name, namespace: owner.namespace, uid: owner.uid };
    this.cloud.create({ name, instanceType, capacityType, tags, ...(zone === undefined ? {} : { zone }) });
  }

  async observe(owner: ClaimOwner, options: { readonly fresh?: boolean } = {}): Promise<readonly ClaimState[]> {
    const machines = options.fresh ? this.cloud.list() : this.cloud.watched();
    return machines.flatMap((machine) => this.stateOf(machine) ?? []).filter((claim) => claim.owner.uid === owner.uid);
  }

  async release({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const machine = this.cloud.watched().find((one) => one.name === name);
    if (!machine || machine.tags.uid !== owner.uid) return 'gone';
    if (machine.state === 'deleting') return 'going';
    return this.cloud.delete(name) ? 'going' : 'gone';
  }

  async *owned(): AsyncIterable<ClaimState> {
    for (const machine of this.cloud.list()) {
      const state = this.stateOf(machine);
      if (state) yield state;
    }
  }

  watches(): readonly ClaimWatch[] {
    const resource = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
    return [
      {
        resource,
        ownerOf: ({ owner, namespace }) =>
          owner === undefined || namespace === undefined ? undefined : { namespace, name: owner },
      },
    ];
  }

  protected refuseForeign(existing: MemoryMachine, owner: ClaimOwner): void {
    if (existing.tags.uid === owner.uid) return;
    throw new Error(`machine ${existing.name} belongs to somebody else; remove it, or rename the Workspace`);
  }

  protected stateOf(machine: MemoryMachine): ClaimState | undefined {
    const { owner: name, namespace, uid } = machine.tags;
    if (name === undefined || namespace === undefined || uid === undefined) return undefined;
    const phase = this.phaseOf(machine);
    return {
      name: machine.name,
      owner: { namespace, name, uid },
      phase,
      instanceType: machine.instanceType,
      createdAt: new Date(machine.createdAt).toISOString(),
      ...(machine.node === undefined ? {} : { nodeName: machine.node }),
      ...(machine.error === undefined
        ? {}
        : { failure: this.failureOf(machine.error.code), reason: machine.error.code, message: machine.error.message }),
    };
  }

  protected phaseOf(machine: MemoryMachine): ClaimPhase {
    if (machine.state === 'deleting') return 'releasing';
    if (machine.state === 'failed') return 'failed';
    if (machine.state === 'creating') return 'requested';
    if (machine.node === undefined) return 'launched';
    return machine.nodeReady ? 'ready' : 'joined';
  }

  protected failureOf(code: string): ProvisioningFailure {
    const kinds = Object.keys(cloudCodes) as ProvisioningFailure[];
    return kinds.find((kind) => cloudCodes[kind] === code) ?? 'transient';
  }
}
