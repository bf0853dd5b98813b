import type { KubeObject } from '../kube/objects.js';
import type { ProvisioningFailure } from '../plugin/node-provisioner.js';
import type { PaidMachine } from './provisioner-under-test.js';

const MINUTE = 60_000;

/** How long the cloud takes for each step, in milliseconds. */
const takes = { launch: 2 * MINUTE, join: MINUTE, ready: MINUTE, end: MINUTE };

/** A machine as the cloud knows it. */
export interface MemoryMachine {
  readonly name: string;
  readonly instanceType: string;
  readonly capacityType: 'on-demand' | 'spot';
  readonly zone?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly state: 'creating' | 'running' | 'deleting' | 'failed';
  /** Set when the state is `failed`: a code of the cloud, and its words. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly node?: string;
  readonly nodeReady: boolean;
}

type Order = Pick<MemoryMachine, 'name' | 'instanceType' | 'capacityType' | 'zone' | 'tags'>;

interface Entry extends Order {
  readonly createdAt: number;
  readonly fault: ProvisioningFailure | 'never-launches' | 'never-joins' | undefined;
  deletedAt?: number;
  lost?: boolean;
}

/** The words of this cloud for each kind of failure. */
export const cloudCodes: Readonly<Record<ProvisioningFailure, string>> = {
  capacity: 'NoStock',
  quota: 'QuotaUsedUp',
  unsupported: 'NotSold',
  permission: 'NotAllowed',
  transient: 'Busy',
};

/**
 * A small cloud in memory, in a time of its own: machines are launched, join, and end after a while; what is asked for can fail.
 * For suites and examples; nothing in it is of any real cloud.
 */
export class MemoryCloud {
  now = Date.UTC(2026, 0, 1);
  /** Requests so far. */
  requests = 0;
  private readonly entries = new Map<string, Entry>();
  private readonly faults: Entry['fault'][] = [];

  failNext(fault: NonNullable<Entry['fault']>): void {
    this.faults.push(fault);
  }

  /** @throws Error `AlreadyExists` when the name is taken, by whomever and in whatever state */
  create(order: Order): void {
    this.requests++;
    if (this.machine(order.name)) throw new Error(`AlreadyExists: ${order.name}`);
    this.entries.set(order.name, { ...order, createdAt: this.now, fault: this.faults.shift() });
  }

  /** Begins to end a machine; false when there is none. */
  delete(name: string): boolean {
    this.requests++;
    const entry = this.entries.get(name);
    if (!entry || !this.machine(name)) return false;
    entry.deletedAt ??= this.now;
    return true;
  }

  list(): readonly MemoryMachine[] {
    this.requests++;
    return this.watched();
  }

  /** What a watch would have brought: the same as {@link list}, at no request. */
  watched(): readonly MemoryMachine[] {
    return [...this.entries.keys()].flatMap((name) => this.machine(name) ?? []);
  }

  /** The machine vanishes behind everybody's back. */
  lose(name: string): void {
    const entry = this.entries.get(name);
    if (entry) entry.lost = true;
  }

  /** What is on the bill now: from launch to end. */
  paid(): readonly PaidMachine[] {
    return this.watched().flatMap((machine) => {
      const entry = this.entries.get(machine.name);
      const launched = entry && this.age(entry) >= takes.launch && entry.fault !== 'never-launches';
      if (!launched || machine.state === 'failed' || !('owner' in machine.tags)) return [];
      const { name: claim, instanceType, capacityType, zone } = machine;
      return [{ claim, instanceType, capacityType, ...(zone === undefined ? {} : { zone }) }];
    });
  }

  node(name: string): KubeObject | undefined {
    const machine = this.watched().find(({ node }) => node === name);
    if (!machine) return undefined;
    const status = machine.nodeReady ? 'True' : 'False';
    const conditions = [{ type: 'Ready', status, message: '' }];
    return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { ...machine.tags } }, status: { conditions } };
  }

  private age(entry: Entry): number {
    return this.now - entry.createdAt;
  }

  private machine(name: string): MemoryMachine | undefined {
    const entry = this.entries.get(name);
    if (!entry || entry.lost) return undefined;
    const { fault, deletedAt, lost: _, ...order } = entry;
    if (deletedAt !== undefined) {
      if (this.now >= deletedAt + takes.end) return undefined;
      return { ...order, state: 'deleting', nodeReady: false };
    }
    const age = this.age(entry);
    const refused = fault !== undefined && fault !== 'never-launches' && fault !== 'never-joins';
    if (refused && !(fault === 'transient' && age > 3 * MINUTE)) {
      const error = { code: cloudCodes[fault], message: `${cloudCodes[fault]}: the cloud says no` };
      return { ...order, state: 'failed', error, nodeReady: false };
    }
    if (fault === 'never-launches' || age < takes.launch) return { ...order, state: 'creating', nodeReady: false };
    if (fault === 'never-joins' || age < takes.launch + takes.join)
      return { ...order, state: 'running', nodeReady: false };
    const nodeReady = age >= takes.launch + takes.join + takes.ready;
    return { ...order, state: 'running', node: `node-${name}`, nodeReady };
  }
}
