import { type ClaimRequest, gib } from '@kaito-sdk/core';
import { AksConfig, agentPoolBody, ownerFromLabels, poolOwner } from '@kaito-sdk/provider-aks';
import { expect } from 'chai';

const owner = { namespace: 'default', name: 'phi', uid: '8d0f4d3c-0000-4000-8000-000000000001' };
const request: ClaimRequest = {
  name: 'ws0a1b2c3d4',
  owner,
  instanceType: 'Standard_NC24ads_A100_v4',
  capacityType: 'on-demand',
  diskBytes: gib(300),
  labels: { apps: 'phi-3' },
};
const now = Date.UTC(2026, 10, 22, 20, 57, 36);
const body = (more: Partial<ClaimRequest> = {}, config: Partial<AksConfig> = {}) =>
  agentPoolBody({ ...request, ...more }, { ...new AksConfig(), ...config }, now);

describe('the agent pool of a claim', () => {
  it('is one Linux machine of the type, with everything said that AKS could choose otherwise', () => {
    expect(body()).to.deep.equal({
      count: 1,
      vmSize: 'Standard_NC24ads_A100_v4',
      osDiskSizeGB: 300,
      osType: 'Linux',
      osSKU: 'Ubuntu',
      typePropertiesType: 'VirtualMachineScaleSets',
      mode: 'User',
      enableAutoScaling: false,
      scaleSetPriority: 'Regular',
      gpuProfile: { driver: 'Install' },
      nodeTaints: ['sku=gpu:NoSchedule'],
      nodeLabels: {
        apps: 'phi-3',
        'kaito.sh/workspace': 'phi',
        'kaito.sh/workspacenamespace': 'default',
        'kaito-sdk.dev/owner-uid': owner.uid,
        'kaito.sh/machine-type': 'gpu',
        'kaito.sh/creation-timestamp': '2026-11-22T20-57-36Z',
      },
      tags: { 'kaito-managed-by': 'kaito-sdk', 'kaito-workspace': 'default.phi', 'kaito-workspace-uid': owner.uid },
    });
  });

  it('asks for a spot machine at most at the price on demand, deleted when it is evicted', () => {
    const { scaleSetPriority, scaleSetEvictionPolicy, spotMaxPrice } = body({ capacityType: 'spot' });
    expect([scaleSetPriority, scaleSetEvictionPolicy, spotMaxPrice]).to.deep.equal(['Spot', 'Delete', -1]);
  });

  it('names the zone as Azure does, whether it is given as Azure or as the node says it', () => {
    expect(body({ zone: '2' }).availabilityZones).to.deep.equal(['2']);
    expect(body({ zone: 'westeurope-3' }).availabilityZones).to.deep.equal(['3']);
    expect(body()).to.not.have.property('availabilityZones');
  });

  it('rounds the disk up, and never to zero, which would mean the default of the size', () => {
    expect(body({ diskBytes: gib(50.2) }).osDiskSizeGB).to.equal(51);
    expect(body({ diskBytes: gib(0.1) }).osDiskSizeGB).to.equal(1);
  });

  it('takes image family, driver, subnet and tags from the configuration', () => {
    const subnet = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/gpu';
    const made = body(
      {},
      { nodeImageFamily: 'azurelinux', gpuDriver: 'none', vnetSubnetId: subnet, tags: { cost: '42' } },
    );
    expect(made.osSKU).to.equal('AzureLinux');
    expect(made.gpuProfile).to.deep.equal({ driver: 'None' });
    expect(made.vnetSubnetID).to.equal(subnet);
    expect(made.tags).to.include({ cost: '42', 'kaito-managed-by': 'kaito-sdk' });
  });

  it('never carries the key by which gpu-provisioner would collect it', () => {
    expect(body().nodeLabels).to.not.have.property('karpenter.sh/nodepool');
  });

  it('lets nobody overwrite whose it is', () => {
    const made = body({ labels: { 'kaito.sh/workspace': 'other' } }, { tags: { 'kaito-managed-by': 'me' } });
    expect(poolOwner({ ...made, name: 'ws1' })).to.deep.equal(owner);
  });
});

describe('whose a pool is', () => {
  it('is told by labels and tag together, and by neither alone', () => {
    const { nodeLabels = {}, tags = {} } = body();
    expect(poolOwner({ nodeLabels, tags })).to.deep.equal(owner);
    expect(poolOwner({ nodeLabels })).to.equal(undefined);
    expect(poolOwner({ tags })).to.equal(undefined);
    expect(poolOwner({})).to.equal(undefined);
  });

  it('is read from the labels of a node too', () => {
    expect(ownerFromLabels(body().nodeLabels ?? {})).to.deep.equal({ namespace: 'default', name: 'phi' });
    expect(ownerFromLabels({ 'kaito.sh/workspace': 'phi' })).to.equal(undefined);
  });
});
