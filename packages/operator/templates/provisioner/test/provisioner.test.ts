import assert from 'node:assert/strict';
import { definePlugin, registerPlugins } from '@kaito-sdk/core';
import {
  exampleInstances,
  type MemoryCloudApi,
  type MemoryMachine,
  memoryWorld,
  provisionerConformance,
} from '@kaito-sdk/core/testing';
import type { Machine, MachineApi } from '../src/machine-api.js';
import plugin from '../src/plugin.js';
import { labelsOf, MachineProvisioner } from '../src/provisioner.js';

const states = { creating: 'ordered', running: 'on', failed: 'failed', deleting: 'going' } as const;

/** Your cloud, simulated: replace it by a fake of your own API. */
function simulated(cloud: MemoryCloudApi): MachineApi {
  const machine = ({ name, instanceType, tags, state, node, nodeReady, createdAt, error }: MemoryMachine): Machine => ({
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
      cloud.create({ name, instanceType: size, capacityType: 'on-demand', tags: { ...tags, owner: '__NAME__' } });
      return true;
    },
    machines: async () => cloud.list().map(machine),
    seen: () => cloud.watched().map(machine),
    giveBack: async (name) => cloud.delete(name),
  };
}

// Every rule of the contract: docs/reference/contracts/provisioner.md of the SDK. What your cloud lacks is said, with why.
provisionerConformance(
  '__NAME__',
  async () => ({
    ...memoryWorld((cloud) => new MachineProvisioner(simulated(cloud))),
    nodeSelector: labelsOf,
  }),
  { unsupported: { 'PROV-07': 'it has no spot machines', 'PROV-08': 'it is one zone' } },
);

/** A provisioner needs a catalog beside it, which another plugin brings. */
const machines = definePlugin({ name: 'machines', apiVersion: '__API__', provides: ['instances'] }, (host) =>
  host.instances(exampleInstances),
);

describe('the plugin', () => {
  it('registers one provisioner', () => {
    const { provisioners } = registerPlugins([machines, plugin], {
      config: { [plugin.meta.name]: { endpoint: 'https://machines.example' } },
    });
    assert.deepEqual(
      provisioners.map(({ name }) => name),
      ['__NAME__'],
    );
  });

  it('says what its configuration lacks', () => {
    assert.throws(() => registerPlugins([machines, plugin]), /endpoint/);
  });
});
