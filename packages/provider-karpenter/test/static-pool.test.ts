import type { ClaimOwner, ClaimRequest, ClaimState, NodeProvisioner } from '@kaito-sdk/core';
import type { ProvisionerUnderTest } from '@kaito-sdk/core/testing';
import { nodePool, poolName, profiles } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';
import { karpenterWorld } from './support/karpenter-world.js';

const MINUTE = 60_000;
const profile = profiles.kwok!;
const owner: ClaimOwner = { namespace: 'default', name: 'phi', uid: 'uid-phi' };

describe('a static NodePool', () => {
  const request = { instanceType: 'gpu.small', capacityType: 'on-demand', owner } as const;

  it('is named for its Workspace, and by its offer: readable, within 63 characters, and never that of another', () => {
    expect(poolName(request)).to.match(/^default-phi-[0-9a-f]{9}$/);
    const long = poolName({ ...request, owner: { ...owner, name: `${'a'.repeat(50)}-.`, namespace: 'b'.repeat(10) } });
    expect(long).to.match(/^b{10}-a+-[0-9a-f]{9}$/);
    expect(long.length).to.be.at.most(63);
    const others = [
      { ...request, instanceType: 'gpu.large' },
      { ...request, capacityType: 'spot' as const },
      { ...request, zone: 'zone-1' },
      { ...request, owner: { ...owner, uid: 'uid-later' } },
    ].map(poolName);
    expect(new Set([poolName(request), ...others]).size).to.equal(5);
  });

  it('has as many replicas as slots, and a template without what a pool may not have', () => {
    const slots = [{ claim: 'ws1', createdAt: '2026-01-01T00:00:00.000Z' }];
    const whole = { ...request, name: 'ws1', diskBytes: 1 as never, labels: { apps: 'phi' }, zone: 'zone-1' };
    const pool = nodePool(whole, profile, slots);
    expect(pool.metadata.labels).to.deep.equal({
      'kaito.sh/workspace': 'phi',
      'kaito.sh/workspacenamespace': 'default',
    });
    expect(pool.metadata.annotations).to.deep.equal({
      'kaito-sdk.dev/owner-uid': 'uid-phi',
      'claim.kaito-sdk.dev/ws1': '{"createdAt":"2026-01-01T00:00:00.000Z"}',
    });
    expect(pool.spec).to.deep.equal({
      replicas: 1,
      disruption: { consolidateAfter: '0s', budgets: [{ nodes: '0' }] },
      template: {
        metadata: {
          labels: { apps: 'phi', 'kaito.sh/workspace': 'phi', 'kaito.sh/workspacenamespace': 'default' },
          annotations: { 'karpenter.sh/do-not-disrupt': 'true', 'kaito-sdk.dev/owner-uid': 'uid-phi' },
        },
        spec: {
          nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'default' },
          requirements: [
            { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['gpu.small'] },
            { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
            { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
            { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-1'] },
          ],
          taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
          expireAfter: 'Never',
        },
      },
    });
  });
});

describe('the claims on a static NodePool', () => {
  let world: ProvisionerUnderTest;
  let provisioner: NodeProvisioner;
  beforeEach(async () => {
    world = await karpenterWorld({ profile }, 'NodePool');
    provisioner = await world.connect();
  });
  afterEach(() => world.stop());

  const wanted = (name: string): ClaimRequest => ({ ...world.request, name, owner });
  const states = async () => {
    const claims = [...(await provisioner.observe(owner))];
    return new Map<string, ClaimState>(claims.map((claim) => [claim.name, claim]));
  };
  const machines = async () => (await world.cloud.machines()).map(({ claim }) => claim).sort();

  it('share one pool, and the one that is given back takes its own machine with it, not the others', async () => {
    for (const name of ['ws1', 'ws2', 'ws3']) await provisioner.claim(wanted(name));
    await world.advance(10 * MINUTE);
    const before = await states();
    expect([...before.values()].map(({ phase }) => phase)).to.deep.equal(['ready', 'ready', 'ready']);
    expect(new Set([...before.values()].map(({ nodeName }) => nodeName)).size).to.equal(3);
    while ((await provisioner.release({ name: 'ws2', owner })) === 'going') await world.advance(MINUTE);
    await world.advance(10 * MINUTE);
    const after = await states();
    expect([...after.keys()].sort()).to.deep.equal(['ws1', 'ws3']);
    for (const name of ['ws1', 'ws3']) expect(after.get(name)?.nodeName).to.equal(before.get(name)?.nodeName);
    expect(await machines()).to.deep.equal(['ws1', 'ws3']);
    expect(await world.node(before.get('ws2')?.nodeName ?? '')).to.equal(undefined);
  });

  it('end with the machines that are wanted, whichever request of a release is the last of its process', async () => {
    for (let requests = 1; requests <= 6; requests++) {
      for (const name of ['ws1', 'ws2']) await provisioner.claim(wanted(name));
      await world.advance(10 * MINUTE);
      const kept = (await states()).get('ws1')?.nodeName;
      const dying = await world.connect({ requestsToLive: requests });
      await dying.release({ name: 'ws2', owner }).catch(() => undefined);
      await world.advance(MINUTE);
      provisioner = await world.connect();
      while ((await provisioner.release({ name: 'ws2', owner })) === 'going') await world.advance(MINUTE);
      await world.advance(10 * MINUTE);
      expect(await machines(), `killed after request ${requests}`).to.deep.equal(['ws1']);
      expect((await states()).get('ws1')?.nodeName, `killed after request ${requests}`).to.equal(kept);
    }
  });

  it('outlive their machine, which Karpenter replaces: the claim is asked for again, not gone', async () => {
    await provisioner.claim(wanted('ws1'));
    await world.advance(10 * MINUTE);
    const lost = (await states()).get('ws1')?.nodeName;
    await world.cloud.lose('ws1');
    await world.advance(3 * MINUTE);
    expect((await states()).get('ws1')?.phase).to.be.oneOf(['requested', 'launched', 'joined']);
    await world.advance(10 * MINUTE);
    const now = (await states()).get('ws1');
    expect(now?.phase).to.equal('ready');
    expect(now?.nodeName).to.not.equal(lost);
    expect(await machines()).to.deep.equal(['ws1']);
  });

  it('are removed with the pool once the last one is gone, and a new one makes a new pool', async () => {
    await provisioner.claim(wanted('ws1'));
    while ((await provisioner.release({ name: 'ws1', owner })) === 'going') await world.advance(MINUTE);
    const all: ClaimState[] = [];
    for await (const claim of provisioner.owned()) all.push(claim);
    expect(all).to.deep.equal([]);
    await provisioner.claim(wanted('ws1'));
    await world.advance(10 * MINUTE);
    expect((await states()).get('ws1')?.phase).to.equal('ready');
  });
});
