import type { ClaimOwner, ClaimPhase, ClaimRef, ClaimRequest, ClaimState, NodeNeed } from '@kaito-sdk/core';
import { type MemoryMachine, MemoryProvisioner } from '@kaito-sdk/core/testing';

type Mutation = new (cloud: ConstructorParameters<typeof MemoryProvisioner>[0]) => MemoryProvisioner;

/** Ways in which provisioners go wrong, each a small change of one that keeps the contract. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'leaks on restart: lists only what this process made': class extends MemoryProvisioner {
    private readonly made = new Set<string>();
    override async claim(request: ClaimRequest) {
      await super.claim(request);
      this.made.add(request.name);
    }
    override async *owned() {
      for await (const claim of super.owned()) if (this.made.has(claim.name)) yield claim;
    }
  },
  'is not idempotent: asks for another machine when one is there': class extends MemoryProvisioner {
    protected override refuseForeign({ name, ...rest }: MemoryMachine) {
      const { instanceType, capacityType, tags } = rest;
      this.cloud.create({ name: `${name}x`, instanceType, capacityType, tags });
    }
  },
  'forgets that another call for the same name is under way': class extends MemoryProvisioner {
    override async claim(request: ClaimRequest) {
      const before = this.cloud.list().some(({ name }) => name === request.name);
      await Promise.resolve();
      if (before) return super.claim(request);
      const { name, owner, ...order } = request;
      const taken = this.cloud.watched().some((machine) => machine.name === name);
      const tags = { ...order.labels, owner: owner.name, namespace: owner.namespace, uid: owner.uid };
      this.cloud.create({ ...order, tags, name: taken ? `${name}2` : name });
    }
  },
  'tells a shortage as a passing failure': class extends MemoryProvisioner {
    protected override failureOf(code: string) {
      return code === 'NoStock' ? ('transient' as const) : super.failureOf(code);
    }
  },
  'tells a used up quota as a shortage': class extends MemoryProvisioner {
    protected override failureOf(code: string) {
      return code === 'QuotaUsedUp' ? ('capacity' as const) : super.failureOf(code);
    }
  },
  'tells a missing permission as a failure that passes': class extends MemoryProvisioner {
    protected override failureOf(code: string) {
      return code === 'NotAllowed' ? ('transient' as const) : super.failureOf(code);
    }
  },
  'keeps a failed claim in the phase requested': class extends MemoryProvisioner {
    protected override phaseOf(machine: MemoryMachine): ClaimPhase {
      return machine.state === 'failed' ? 'requested' : super.phaseOf(machine);
    }
  },
  'takes a machine of somebody else for its own': class extends MemoryProvisioner {
    protected override refuseForeign() {}
  },
  'forgets spot': class extends MemoryProvisioner {
    override claim(request: ClaimRequest) {
      return super.claim({ ...request, capacityType: 'on-demand' });
    }
  },
  'forgets the zone': class extends MemoryProvisioner {
    override claim({ zone: _, ...request }: ClaimRequest) {
      return super.claim(request);
    }
  },
  "forgets the user's labels": class extends MemoryProvisioner {
    override claim(request: ClaimRequest) {
      return super.claim({ ...request, labels: {} });
    }
  },
  'buys a larger machine than was asked for': class extends MemoryProvisioner {
    override claim(request: ClaimRequest) {
      return super.claim({ ...request, instanceType: `${request.instanceType}.metal` });
    }
  },
  'mixes up owners of one name': class extends MemoryProvisioner {
    override async observe(owner: ClaimOwner) {
      const all: ClaimState[] = [];
      for await (const claim of super.owned()) if (claim.owner.name === owner.name) all.push(claim);
      return all;
    }
  },
  'says ready when the node has only joined': class extends MemoryProvisioner {
    protected override phaseOf(machine: MemoryMachine): ClaimPhase {
      if (machine.state === 'running') return 'ready';
      return super.phaseOf(machine);
    }
  },
  'says gone while the machine still costs': class extends MemoryProvisioner {
    override async release(ref: ClaimRef): Promise<'gone' | 'going'> {
      await super.release(ref);
      return 'gone';
    }
  },
  'loses sight of what is on its way out': class extends MemoryProvisioner {
    protected override stateOf(machine: MemoryMachine) {
      return machine.state === 'deleting' ? undefined : super.stateOf(machine);
    }
  },
  'releases whatever has the name': class extends MemoryProvisioner {
    override async release({ name }: ClaimRef): Promise<'gone' | 'going'> {
      return this.cloud.delete(name) ? 'going' : 'gone';
    }
  },
  'cannot release what has not launched yet': class extends MemoryProvisioner {
    override async release(ref: ClaimRef): Promise<'gone' | 'going'> {
      const creating = this.cloud.watched().some(({ name, state }) => name === ref.name && state === 'creating');
      return creating ? 'gone' : super.release(ref);
    }
  },
  'buys what it offers': class extends MemoryProvisioner {
    override async offers(need: NodeNeed) {
      const tags = { owner: '', namespace: '', uid: '' };
      this.cloud.create({ name: 'offered', instanceType: need.instanceType, capacityType: 'spot', tags });
      return super.offers(need);
    }
  },
  'asks the cloud at every look': class extends MemoryProvisioner {
    override observe(owner: ClaimOwner) {
      return super.observe(owner, { fresh: true });
    }
  },
};
