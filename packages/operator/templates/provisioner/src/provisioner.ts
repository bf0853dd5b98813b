import {
  type ClaimOwner,
  type ClaimPhase,
  type ClaimRef,
  type ClaimRequest,
  type ClaimState,
  type NodeProvisioner,
  ProvisioningError,
  type ProvisioningFailure,
} from '@kaito-sdk/core';
import type { Machine, MachineApi } from './machine-api.js';

/** Your cloud's codes, by what they mean to the operator. */
const failures: Readonly<Record<string, ProvisioningFailure>> = {
  NoStock: 'capacity',
  QuotaUsedUp: 'quota',
  NotSold: 'unsupported',
  NotAllowed: 'permission',
};
export const labelsOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => ({
  '__NAME__.example.com/workspace': name,
  '__NAME__.example.com/namespace': namespace,
});
const ownerOf = (tags: Readonly<Record<string, string>>) => {
  const { '__NAME__.example.com/workspace': name, '__NAME__.example.com/namespace': namespace } = tags;
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
};
const NODES = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

/** Nodes from machines that are rented. Whose a machine is stands in its tags, so nothing needs to be remembered. */
export class MachineProvisioner implements NodeProvisioner {
  readonly name = '__NAME__';
  constructor(private readonly machines: MachineApi) {}

  async offers({ instanceType }: { readonly instanceType: string }) {
    return [{ instanceType, capacityType: 'on-demand' as const }];
  }

  async claim({ name, owner, instanceType, capacityType, labels }: ClaimRequest): Promise<void> {
    if (capacityType === 'spot') throw new ProvisioningError('unsupported', 'NoSpot', '__NAME__ has no spot machines');
    const tags = { ...labels, ...labelsOf(owner), '__NAME__.example.com/uid': owner.uid };
    if (await this.machines.rent({ name, size: instanceType, tags })) return;
    // Rented already: by an earlier try of ours, or by somebody else.
    const existing = (await this.machines.machines()).find((machine) => machine.name === name);
    if (existing?.tags['__NAME__.example.com/uid'] !== owner.uid)
      throw new Error(`machine ${name} belongs to somebody else`);
  }

  async observe(owner: ClaimOwner, { fresh = false } = {}): Promise<readonly ClaimState[]> {
    const machines = fresh ? await this.machines.machines() : this.machines.seen();
    return machines.flatMap((machine) => stateOf(machine) ?? []).filter((claim) => claim.owner.uid === owner.uid);
  }

  async release({ name, owner }: ClaimRef): Promise<'gone' | 'going'> {
    const machine = (await this.machines.machines()).find((one) => one.name === name);
    if (machine?.tags['__NAME__.example.com/uid'] !== owner.uid) return 'gone';
    if (machine.state === 'going') return 'going';
    return (await this.machines.giveBack(name)) ? 'going' : 'gone';
  }

  async *owned(): AsyncIterable<ClaimState> {
    yield* (await this.machines.machines()).flatMap((machine) => stateOf(machine) ?? []);
  }

  watches() {
    return [{ resource: NODES, ownerOf }];
  }
}

function stateOf({ name, size, tags, state, node, nodeReady, rentedAt, error }: Machine): ClaimState | undefined {
  const owner = ownerOf(tags);
  const uid = tags['__NAME__.example.com/uid'];
  if (!owner || uid === undefined) return undefined;
  const on: ClaimPhase = node === undefined ? 'launched' : nodeReady ? 'ready' : 'joined';
  const phase = ({ ordered: 'requested', on, failed: 'failed', going: 'releasing' } as const)[state];
  const why = error && { failure: failures[error.code] ?? 'transient', reason: error.code, message: error.message };
  const joined = node === undefined ? {} : { nodeName: node };
  return { name, owner: { ...owner, uid }, phase, instanceType: size, createdAt: rentedAt, ...joined, ...why };
}
