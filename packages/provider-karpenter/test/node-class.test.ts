import { ProvisioningError, RestClient } from '@kaito-sdk/core';
import { DevCluster, VirtualClock } from '@kaito-sdk/devcluster';
import { nodeClaim, profileOf, profiles, requireNodeClass } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';
import { installNodeClass } from './support/karpenter-world.js';

const azure = profiles.azure!;

describe('the node class, before a claim is made', () => {
  let cluster: DevCluster;
  let clock: VirtualClock;
  beforeEach(async () => {
    clock = new VirtualClock();
    cluster = await DevCluster.start({ clock });
  });
  afterEach(() => cluster.stop());

  const refusal = async (profile = azure) => {
    const client = new RestClient({ transport: cluster.transport, clock, random: () => 0.5 });
    const [answer] = await Promise.all([
      requireNodeClass(client, profile).then(
        () => undefined,
        (error: unknown) =>
          ProvisioningError.is(error) ? { reason: error.reason, message: error.message } : { error },
      ),
      clock.settle(),
    ]);
    return answer;
  };

  it('is missed by its kind where no Karpenter of that cloud is installed', async () => {
    expect(await refusal()).to.deep.include({ reason: 'NodeClassUnknown' });
  });

  it('is missed by its name', async () => {
    await installNodeClass(cluster, azure);
    const other = profileOf('azure', { name: 'gpu' });
    expect(await refusal(other)).to.deep.equal({
      reason: 'NodeClassMissing',
      message:
        'there is no AKSNodeClass "gpu" (karpenter.azure.com): create it, or name another one in the configuration',
    });
    expect(await refusal()).to.equal(undefined);
  });

  it('is not used while it says that it is not ready', async () => {
    await installNodeClass(cluster, azure, 'False');
    expect(await refusal()).to.deep.equal({
      reason: 'NodeClassNotReady',
      message: 'AKSNodeClass "default" is not ready: subnets not found',
    });
  });

  it('is not looked up for gpu-provisioner, whose class has no object', async () => {
    expect(await refusal(profiles['gpu-provisioner'])).to.equal(undefined);
  });
});

describe('a profile', () => {
  const request = {
    name: 'ws1',
    owner: { namespace: 'default', name: 'demo', uid: 'u' },
    instanceType: 'gpu.small',
    capacityType: 'spot',
    diskBytes: 1 as never,
    labels: {},
  } as const;
  const keys = (profile: typeof azure) =>
    (nodeClaim(request, profile).spec as { requirements: { key: string }[] }).requirements.map(({ key }) => key);

  it('can be for any class, by configuration alone, and carries no key of another cloud', () => {
    const own = profileOf('aws', { group: 'karpenter.example', kind: 'ExampleNodeClass', name: 'gpu' });
    expect(own.nodeClassRef).to.deep.equal({ group: 'karpenter.example', kind: 'ExampleNodeClass', name: 'gpu' });
    expect(own.nodeClassResource).to.equal(undefined);
    expect(keys(own)).to.deep.equal([
      'karpenter.sh/nodepool',
      'node.kubernetes.io/instance-type',
      'kubernetes.io/os',
      'karpenter.sh/capacity-type',
    ]);
  });

  it('asks for a resource only where the implementation reads the disk from the claim', () => {
    for (const [name, profile] of Object.entries(profiles)) {
      const { resources } = nodeClaim(request, profile).spec as { resources?: object };
      expect(resources !== undefined, name).to.equal(name === 'gpu-provisioner');
    }
  });

  it('refuses names and keys that do not exist', () => {
    expect(() => profileOf('azur')).to.throw(/azure/);
    expect(() => profileOf('azure', { grup: 'x' } as never)).to.throw(/nodeClass\.grup/);
  });
});
