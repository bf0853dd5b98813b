import { gib, type InstanceType } from '@kaito-sdk/core';
import { ArmError, DevCluster, type SimulatedArmOptions, VirtualClock } from '@kaito-sdk/devcluster';
import {
  azureInstances,
  type ListedSize,
  OfferedSizes,
  SubscribedInstances,
  withListed,
} from '@kaito-sdk/provider-aks';
import { simulatedAzure } from '@kaito-sdk/provider-aks/testing';
import { expect } from 'chai';

const A100 = 'Standard_NC24ads_A100_v4';
/** None that Azure has: of the family of the A100 sizes that the catalog ships, and not in it. */
const NEW = 'Standard_NC192ads_A100_v4';
const HOUR = 3_600_000;

const list = (...sizes: readonly ListedSize[]) => new Map(sizes.map((size) => [size.name.toLowerCase(), size]));
const size = (name: string, more: Partial<ListedSize> = {}): ListedSize => ({
  name,
  offered: true,
  family: 'f',
  ...more,
});
const find = (all: readonly InstanceType[], name: string) => all.find((one) => one.name === name);
const merged = (...sizes: readonly ListedSize[]) => withListed(azureInstances.instances(), list(...sizes));

describe('what the list of a subscription adds to the shipped catalog', () => {
  it('is CPUs and memory of the known sizes; their GPUs, prices and ends stay as they are', () => {
    const before = find(azureInstances.instances(), A100);
    const after = find(merged(size(A100, { vcpus: 24, memoryGib: 220, gpus: 9 })), A100);
    expect(after).to.deep.equal({ ...before, vcpus: 24, memoryBytes: gib(220) });
  });

  it('is a new size of a family whose known ones have one kind of GPU, as many as the list says, without a price', () => {
    const all = merged(
      size(A100),
      size('Standard_NC48ads_A100_v4'),
      size(NEW, { gpus: 8, vcpus: 192, memoryGib: 1760 }),
    );
    expect(all).to.have.length(azureInstances.instances().length + 1);
    expect(find(all, NEW)).to.deep.equal({
      name: NEW,
      gpu: { ...find(all, A100)?.gpu, count: 8 },
      vcpus: 192,
      memoryBytes: gib(1760),
      prices: [],
      source: `the subscription's own list of sizes (Microsoft.Compute/skus); its GPU is that of ${A100}, of the same family f`,
    });
  });

  it('is nothing that would be a guess', () => {
    const parts = [size('Standard_NV6ads_A10_v5'), size('Standard_NV36ads_A10_v5')];
    const cases: readonly (readonly [string, readonly ListedSize[]])[] = [
      ['a family whose sizes have different parts of a GPU', [...parts, size('Standard_NV20ads_A10_v5', { gpus: 1 })]],
      ['a family that nobody knows', [size(A100), size('Standard_NX1_v9', { family: 'g', gpus: 1 })]],
      ['a size without GPUs', [size(A100), size('Standard_D4s_v5')]],
    ];
    for (const [title, sizes] of cases)
      expect(merged(...sizes), title).to.have.length(azureInstances.instances().length);
  });
});

describe('the catalog of a subscription', () => {
  let cluster: DevCluster;
  let clock: VirtualClock;
  let catalog: SubscribedInstances;
  afterEach(() => cluster.stop());

  async function follow(options: Partial<SimulatedArmOptions> = {}): Promise<void> {
    clock = new VirtualClock(Date.UTC(2026, 5, 1));
    const shape = { cpu: 24, memory: '220Gi', gpus: 1 };
    const instances = { [A100]: shape, [NEW]: { cpu: 192, memory: '1760Gi', gpus: 8 } };
    cluster = await DevCluster.start({ clock, arm: { instances, ...options } });
    catalog = new SubscribedInstances();
    catalog.follow(new OfferedSizes(simulatedAzure(cluster.arm!).sizes, clock));
  }
  const lists = () => cluster.arm!.requests.filter((request) => request.endsWith('/skus')).length;
  const knows = (name: string) => find(catalog.instances(), name) !== undefined;

  it('is the shipped one until the list was read, has what is new from then on, and reads again after hours', async () => {
    await follow();
    expect([knows(A100), knows(NEW), lists()]).to.deep.equal([true, false, 0]);
    await Promise.all([catalog.refresh(), catalog.refresh()]);
    expect([knows(A100), knows(NEW), lists()]).to.deep.equal([true, true, 1]);
    expect(catalog.instances(), 'the same list each time').to.equal(catalog.instances());
    await clock.advance(5 * HOUR);
    await catalog.refresh();
    expect(lists()).to.equal(1);
    await clock.advance(2 * HOUR);
    await catalog.refresh();
    expect(lists()).to.equal(2);
  });

  it('stays the shipped one where the credentials may not read the list, and asks again after an hour', async () => {
    await follow({ skus: 'forbidden' });
    await catalog.refresh();
    await catalog.refresh();
    expect(catalog.instances()).to.equal(azureInstances.instances());
    expect(lists()).to.equal(1);
    await clock.advance(2 * HOUR);
    await catalog.refresh();
    expect(lists()).to.equal(2);
  });

  it('keeps what it read when Azure is down later', async () => {
    await follow();
    await catalog.refresh();
    await clock.advance(7 * HOUR);
    cluster.arm!.interrupt(new ArmError(503, 'ServiceUnavailable', 'later'));
    await catalog.refresh();
    expect(knows(NEW)).to.equal(true);
  });

  it('follows nothing as long as no provisioner asks Azure for nodes', async () => {
    await follow();
    const alone = new SubscribedInstances();
    await alone.refresh();
    expect(alone.instances()).to.equal(azureInstances.instances());
    expect(lists()).to.equal(0);
  });
});
