import {
  bytes,
  type Cache,
  type ClaimOwner,
  type ClaimRequest,
  type Informer,
  type KubeObject,
  type NodeProvisioner,
  withPreferredNodes,
} from '@kaito-sdk/core';
import { exampleCatalogs, FakeProvisioner, type ProvisionerUnderTest } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { byoWorld, type NodeParts } from './byo-world.js';

const GIB = 2 ** 30;
const TYPE = 'node.kubernetes.io/instance-type';
const owner = (name: string): ClaimOwner => ({ namespace: 'default', name, uid: `uid-${name}` });

describe('preferred nodes beside a provisioner that buys', () => {
  let world: ProvisionerUnderTest;
  /** The cloud: what it sold outlives the process. */
  let bought: FakeProvisioner;
  /** Whether the cache shows no node. */
  let blind = false;
  afterEach(() => {
    blind = false;
    return world.stop();
  });

  const start = async (nodes: Readonly<Record<string, NodeParts>>) => {
    bought = new FakeProvisioner();
    const plugin = withPreferredNodes({ ...exampleCatalogs.provisioner, connect: () => bought });
    world = await byoWorld(nodes, (cluster) => {
      const seen = blind ? { ...cluster, cache: { informer: () => shown([]) } as unknown as Cache } : cluster;
      return plugin.connect({ ...seen, instances: () => [machines] });
    });
    return world.connect();
  };
  const request = (name: string, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
    ...world.request,
    name,
    owner: owner('demo'),
    preferredNodes: ['a', 'b'],
    ...more,
  });
  const take = async (provisioner: NodeProvisioner, wanted: ClaimRequest) => {
    const answer = await provisioner.take!(wanted);
    return answer.taken ? answer.node : answer.why;
  };
  const machines = {
    name: 'known',
    instances: () =>
      (['gpu.small', 'gpu.large'] as const).map((name) => ({
        name,
        gpu: { ...card(name === 'gpu.large' ? 80 : 16), count: 1 },
        prices: [],
        source: 'the test',
      })),
  };

  it('PREF-01: are taken in the order of the list, one for a claim, and no other node is', async () => {
    const provisioner = await start({ a: {}, b: {}, c: {} });
    expect(await take(provisioner, request('ws1', { preferredNodes: ['b', 'a'] }))).to.equal('b');
    expect(await take(provisioner, request('ws2', { preferredNodes: ['b', 'a'] }))).to.equal('a');
    expect(await take(provisioner, request('ws3'))).to.match(/a is claimed by this Workspace already; b is claimed/);
    expect(bought.asked, 'nothing was bought').to.deep.equal([]);
    const claims = await provisioner.observe(owner('demo'));
    expect(claims.map(({ name, nodeName, own }) => [name, nodeName, own])).to.have.deep.members([
      ['ws2', 'a', true],
      ['ws1', 'b', true],
    ]);
  });

  it('PREF-02: are none for a claim that was bought, by whichever process', async () => {
    const provisioner = await start({ a: {} });
    await provisioner.claim(request('ws1'));
    expect(await take(provisioner, request('ws1'))).to.equal('ws1 was asked for already');
    const next = await world.connect();
    expect(await take(next, request('ws1'))).to.equal('ws1 was asked for already');
    expect(await next.observe(owner('demo'))).to.have.length(1);
  });

  it('PREF-02: are none for a claim where the cloud cannot say whether it was bought', async () => {
    const provisioner = await start({ a: {} });
    bought.observe = async () => {
      throw new Error('the cloud is down');
    };
    const error = await take(provisioner, request('ws1')).catch((thrown: unknown) => thrown);
    expect(error).to.deep.include({ reason: 'CloudUnreachable', afterMs: 15_000 });
    expect((error as Error).message).to.equal(
      'whether node ws1 was asked for already cannot be told: the cloud is down',
    );
    expect((await world.node('a'))?.metadata.annotations ?? {}).to.deep.equal({});
  });

  it('PREF-05: are passed over where the name of the claim stands on one for somebody else', async () => {
    const provisioner = await start({ a: {} });
    await world.cloud.occupy('ws1');
    expect(await take(provisioner, request('ws1'))).to.match(/^claim ws1 stands on node a for somebody else/);
  });

  it('PREF-03: stay with the claim that took them, asked again in the same process or in the next', async () => {
    const provisioner = await start({ a: {}, b: {} });
    expect(await take(provisioner, request('ws1'))).to.equal('a');
    expect(await take(provisioner, request('ws1', { preferredNodes: ['b'] }))).to.equal('a');
    expect(await take(await world.connect(), request('ws1'))).to.equal('a');
  });

  it('PREF-04: are taken once when the process dies right after', async () => {
    await start({ a: {}, b: {} });
    const mortal = (await world.connect({ requestsToLive: 1 })) as NodeProvisioner;
    await take(mortal, request('ws1')).catch(() => undefined);
    const next = await world.connect();
    expect(await take(next, request('ws1'))).to.equal('a');
    expect((await next.observe(owner('demo'), { fresh: true })).map(({ nodeName }) => nodeName)).to.deep.equal(['a']);
  });

  describe('PREF-05: have GPUs as the Plan counts on', () => {
    const planned = (memory: number) => ({ gpu: card(memory), instanceType: 'gpu.small' });
    const gfd = (memoryMib: number, minor = '0') => ({
      'nvidia.com/gpu.product': 'Sparrow',
      'nvidia.com/gpu.count': '1',
      'nvidia.com/gpu.memory': String(memoryMib),
      'nvidia.com/cuda.compute.major': '8',
      'nvidia.com/cuda.compute.minor': minor,
    });
    const cases: readonly (readonly [title: string, labels: Record<string, string>, gib: number, told: RegExp])[] = [
      ['of the planned type', {}, 16, /^a$/],
      ['of another type with as much memory or more', { [TYPE]: 'gpu.large' }, 16, /^a$/],
      ['that show what a driver shows of the nominal memory', { [TYPE]: 'x', ...gfd(15_360) }, 16, /^a$/],
      [
        'and are passed over with less memory',
        { [TYPE]: 'gpu.small' },
        80,
        /^a has Sparrow with 16\.00 GiB, and the Plan is for Sparrow with 80\.00 GiB$/,
      ],
      ['and are passed over of another generation', { [TYPE]: 'x', ...gfd(16_384, '6') }, 16, /^a has NVIDIA Sparrow/],
      [
        'and are passed over when they say nothing',
        { [TYPE]: 'x' },
        16,
        /^a does not say what GPUs it has: install NVIDIA's GPU feature discovery, or label it node\.kubernetes\.io\/instance-type=gpu\.small$/,
      ],
    ];
    for (const [title, labels, gib, told] of cases) {
      it(title, async () => {
        const provisioner = await start({ a: { labels } });
        expect(await take(provisioner, request('ws1', { ...planned(gib), preferredNodes: ['a'] }))).to.match(told);
      });
    }
  });

  it('PREF-06: are given back by taking the marks off, and what was bought goes back to the cloud', async () => {
    const provisioner = await start({ a: {} });
    await take(provisioner, request('ws1'));
    await provisioner.claim(request('ws2'));
    expect(await provisioner.release({ name: 'ws1', owner: owner('demo') })).to.equal('gone');
    expect(await provisioner.release({ name: 'ws2', owner: owner('demo') })).to.equal('going');
    const node = await world.node('a');
    expect(JSON.stringify(node?.metadata)).to.not.include('byo.kaito-sdk.dev');
    expect([...bought.claims.values()].map(({ name, phase }) => `${name} ${phase}`)).to.deep.equal(['ws2 releasing']);
  });

  it('PREF-06: are given back as what they are, also where the cache does not show yet that they were taken', async () => {
    blind = true;
    const provisioner = await start({ a: {} });
    await take(provisioner, request('ws1'));
    expect(await provisioner.observe(owner('demo'))).to.deep.equal([]);
    const [claim] = await provisioner.observe(owner('demo'), { fresh: true });
    expect(await provisioner.release(claim!)).to.equal('gone');
    expect(JSON.stringify((await world.node('a'))?.metadata)).to.not.include('byo.kaito-sdk.dev');
  });

  it('PREF-07: are listed with what was bought, for the leak hunt', async () => {
    const provisioner = await start({ a: {} });
    await take(provisioner, request('ws1'));
    await provisioner.claim(request('ws2', { owner: owner('other') }));
    const all: string[] = [];
    for await (const { name, own, owner: whose } of (await world.connect()).owned())
      all.push(`${name} ${whose.name} ${own ?? 'bought'}`);
    expect(all).to.deep.equal(['ws2 other bought', 'ws1 demo true']);
  });

  it('leave a provisioner as it is that knows such nodes by itself', async () => {
    await start({});
    const own: NodeProvisioner = Object.assign(new FakeProvisioner(), { stock: () => [] });
    const plugin = withPreferredNodes({ ...exampleCatalogs.provisioner, connect: () => own });
    expect(plugin.connect({} as never)).to.equal(own);
  });
});

function shown(nodes: readonly KubeObject[]): Partial<Informer> {
  return { addIndex: () => undefined, byIndex: () => nodes, list: () => nodes, get: () => undefined };
}

function card(gib: number) {
  return { vendor: 'nvidia', model: 'Sparrow', memoryBytes: bytes(gib * GIB), computeCapability: 8 } as const;
}
