import { type ClaimRequest, definePlugin, gib, type KubeObject, registerPlugins } from '@kaito-sdk/core';
import { machine, machineState } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';
import plugin from '../dist/plugin.js';

const request: ClaimRequest = {
  name: 'ws0a1b2c3d4',
  owner: { namespace: 'default', name: 'phi', uid: 'u-1' },
  instanceType: 'Standard_NC6s_v3',
  capacityType: 'on-demand',
  diskBytes: gib(49.5),
  labels: { apps: 'phi-3' },
};

describe('the Machine for gpu-provisioner 0.2', () => {
  it('is what KAITO 0.3 sent: a bare number of GiB, and requirements that v1 forbids', () => {
    const { metadata, spec } = machine(request);
    expect(metadata).to.deep.equal({
      name: 'ws0a1b2c3d4',
      labels: {
        apps: 'phi-3',
        'kaito.sh/workspace': 'phi',
        'kaito.sh/workspacenamespace': 'default',
        'karpenter.sh/provisioner-name': 'default',
      },
      annotations: { 'karpenter.sh/do-not-consolidate': 'true', 'kaito-sdk.dev/owner-uid': 'u-1' },
    });
    expect(spec).to.deep.equal({
      machineTemplateRef: { name: 'ws0a1b2c3d4' },
      requirements: [
        { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['Standard_NC6s_v3'] },
        { key: 'karpenter.sh/provisioner-name', operator: 'In', values: ['default'] },
        { key: 'kaito.sh/machine-type', operator: 'In', values: ['gpu'] },
        { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] },
        { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
      ],
      taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
      resources: { requests: { storage: '50' } },
    });
  });

  const said = (...types: string[]): KubeObject => ({
    ...machine(request),
    metadata: { ...machine(request).metadata, finalizers: ['karpenter.sh/termination'] },
    status: { conditions: types.map((type) => ({ type, status: 'True', reason: type, message: '' })) },
  });

  it('is read by conditions of its own names', () => {
    expect(machineState(said('MachineLaunched'))?.phase).to.equal('launched');
    expect(machineState(said('MachineLaunched', 'MachineRegistered'))?.phase).to.equal('joined');
    expect(machineState(said('MachineLaunched', 'MachineRegistered', 'MachineInitialized', 'Ready'))?.phase).to.equal(
      'ready',
    );
  });

  it('says whom it waits for while nobody takes it up', () => {
    expect(machineState(machine(request))?.message).to.match(/does a gpu-provisioner 0\.2 run/);
  });
});

describe('the object of the Karpenter plugin', () => {
  const catalog = definePlugin({ name: 'catalog', apiVersion: '1', provides: ['instances'] }, (host) =>
    host.instances({ name: 'none', instances: () => [] }),
  );
  const register = (config: object) =>
    registerPlugins([catalog, plugin as never], { config: { '@kaito-sdk/provider-karpenter': config } });

  it('is refused where the profile cannot serve it, with a way out', () => {
    expect(() => register({ object: 'NodePool' })).to.throw(/NodePool needs a Karpenter core.*choose another profile/);
    expect(() => register({ object: 'Machine', profile: 'azure' })).to.throw(/choose profile gpu-provisioner/);
    expect(() => register({ object: 'Deployment' })).to.throw(/object must be one of/);
  });
});
