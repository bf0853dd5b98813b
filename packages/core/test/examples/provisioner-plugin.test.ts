import { readFileSync } from 'node:fs';
import { registerPlugins } from '@kaito-sdk/core';
import { type MemoryCloudApi, type MemoryMachine, memoryWorld, provisionerConformance } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import {
  type RackApi,
  type RackMachine,
  RackProvisioner,
  rackPlugin,
} from '../../../../examples/dist/provisioner-plugin/rack-provisioner.js';

const states = { creating: 'ordered', running: 'on', failed: 'failed', deleting: 'going' } as const;

/** A rack that is simulated: what the example would have of its own. */
function rackOf(cloud: MemoryCloudApi): RackApi {
  const machine = ({
    name,
    instanceType,
    tags,
    state,
    node,
    nodeReady,
    createdAt,
    error,
  }: MemoryMachine): RackMachine => ({
    name,
    size: instanceType,
    tags,
    state: states[state],
    nodeReady,
    rentedAt: new Date(createdAt).toISOString(),
    ...(node === undefined ? {} : { node }),
    ...(error === undefined ? {} : { error }),
  });
  return {
    // The simulated cloud bills what has an owner.
    rent: async ({ name, size, tags }) => {
      if (cloud.watched().some((taken) => taken.name === name)) return false;
      cloud.create({ name, instanceType: size, capacityType: 'on-demand', tags: { ...tags, owner: 'rack' } });
      return true;
    },
    machines: async () => cloud.list().map(machine),
    seen: () => cloud.watched().map(machine),
    giveBack: async (name) => cloud.delete(name),
  };
}

provisionerConformance(
  'the example of a provisioner plugin',
  async () => ({
    ...memoryWorld((cloud) => new RackProvisioner(rackOf(cloud))),
    nodeSelector: ({ namespace, name }) => ({ 'rack.example/workspace': name, 'rack.example/namespace': namespace }),
  }),
  { unsupported: { 'PROV-07': 'the rack has no spot machines', 'PROV-08': 'the rack is one zone' } },
);

describe('the example of a provisioner plugin', () => {
  it('has fewer than 120 lines', () => {
    const source = new URL('../../../../examples/provisioner-plugin/rack-provisioner.ts', import.meta.url);
    expect(readFileSync(source, 'utf8').trimEnd().split('\n').length).to.be.below(120);
  });

  it('registers one provisioner', () => {
    const rack = {} as RackApi;
    const { provisioners } = registerPlugins([rackPlugin(rack)]);
    expect(provisioners.map(({ name }) => name)).to.deep.equal(['rack']);
  });
});
