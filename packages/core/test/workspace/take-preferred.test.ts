import { ProvisioningDeferred } from '@kaito-sdk/core';
import { aWorkspace, exampleCatalogs } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { AttemptLog } from '../../dist/workspace/attempt-log.js';
import { defaultLeasePolicy } from '../../dist/workspace/lease-policy.js';
import { avoidedNodes, badOffers } from '../../dist/workspace/offer-memory.js';
import { World } from './support/pass.js';

const MINUTE = 60_000;
const now = Date.UTC(2026, 0, 1, 12);
const at = (ms: number) => new Date(now + ms).toISOString();

/** A Workspace that prefers nodes, of which so many will do. */
function preferring(count: number, willDo: number): World {
  const workspace = aWorkspace();
  const world = new World({
    ...workspace,
    resource: { ...workspace.resource!, count, preferredNodes: ['own-1', 'own-2'] },
  });
  const { provisioner } = exampleCatalogs;
  world.catalogs = { ...exampleCatalogs, provisioner: { ...provisioner, preferredNodes: () => ({ taken: 'yes' }) } };
  const taken: string[] = [];
  const { claims } = world.provisioner;
  Object.assign(world.provisioner, {
    take: async ({ name, owner }: Parameters<typeof world.provisioner.claim>[0]) => {
      const node = `own-${taken.length + 1}`;
      if (taken.length === willDo) return { taken: false, why: `${node} is cordoned` };
      taken.push(node);
      claims.set(name, { name, owner, instanceType: 'gpu.small', phase: 'ready', nodeName: node, own: true });
      return { taken: true, node };
    },
  });
  return world;
}

describe('PREF-08: nodes that are there already', () => {
  it('are no matter of the cap on money, and the rest is', async () => {
    const world = preferring(2, 1);
    world.leases = { usdPerHour: 0.5 };
    expect(await world.pass()).to.include({ kind: 'blocked', reason: 'SpendingLimitReached' });
    expect(world.condition('NodeClaimReady')?.message).to.match(/1 more node costs/);
    const enough = preferring(2, 2);
    enough.leases = { usdPerHour: 0.5 };
    expect(await enough.pass()).to.include({ kind: 'waiting' });
    expect(enough.provisioner.asked).to.deep.equal([]);
    expect(enough.workspace.status?.attempts?.map(({ node, usdPerHour }) => [node, usdPerHour])).to.deep.equal([
      ['own-1', undefined],
      ['own-2', undefined],
    ]);
  });

  it('are taken only after the Plan stands in the status and the finalizer in the cluster', async () => {
    const world = preferring(1, 1);
    await world.pass();
    expect(world.cluster.calls.slice(0, 4)).to.include.members(['finalizer', 'status']);
    expect(world.events).to.include.members(['Normal PreferredNodeTaken']);
    expect(world.condition('Planned')?.status).to.equal('True');
  });

  it('are waited for with a reason while the cloud cannot say whether one was bought, and none is bought meanwhile', async () => {
    const world = preferring(1, 1);
    const names: string[] = [];
    Object.assign(world.provisioner, {
      take: async ({ name }: { readonly name: string }) => {
        names.push(name);
        throw new ProvisioningDeferred('CloudUnreachable', 'it cannot be told', 15_000);
      },
    });
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'CloudUnreachable' });
    const message = `node ${names[0]} (gpu.small) is not asked for yet: it cannot be told`;
    expect(world.condition('NodeClaimReady')).to.include({ status: 'False', message });
    expect(world.provisioner.asked).to.deep.equal([]);
  });

  it('are not looked for while everything is held back for a reason of its own', async () => {
    const world = preferring(1, 0);
    world.provisioner.offers = async () => [];
    await world.pass();
    world.events = [];
    await world.pass();
    expect(world.condition('NodeClaimReady')?.reason).to.equal('NothingOffered');
    expect(world.events).to.not.include('Normal PreferredNodesPassedOver');
  });

  const attempt = (ended: number, failure: 'deadline' | 'workload' | 'vanished' | 'no-plugin', node?: string) => ({
    claim: 'ws1',
    instanceType: 'gpu.small',
    capacityType: 'on-demand' as const,
    generation: 1,
    stage: 'joined' as const,
    since: at(ended),
    asked: at(ended),
    ended: at(ended),
    failure,
    ...(node === undefined ? {} : { node }),
  });
  const log = (...attempts: ReturnType<typeof attempt>[]) => new AttemptLog(attempts, now);

  it('say nothing of an offer when they come to nothing, but that no device plugin is there', () => {
    const bad = (...attempts: ReturnType<typeof attempt>[]) => badOffers(log(...attempts), defaultLeasePolicy, 1);
    expect(bad(attempt(0, 'deadline', 'own-1'), attempt(0, 'workload', 'own-1'))).to.deep.equal([]);
    expect(bad(attempt(0, 'no-plugin', 'own-1'))).to.have.length(1);
    expect(bad(attempt(0, 'deadline'))).to.have.length(1);
  });

  it('are passed over for a while after they failed, longer each time, and never for being withdrawn', () => {
    const avoided = (...attempts: ReturnType<typeof attempt>[]) => [
      ...avoidedNodes(log(...attempts), defaultLeasePolicy),
    ];
    expect(avoided(attempt(-4 * MINUTE, 'deadline', 'own-1'))).to.deep.equal(['own-1']);
    expect(avoided(attempt(-5 * MINUTE, 'deadline', 'own-1'))).to.deep.equal([]);
    const twice = [attempt(-90 * MINUTE, 'deadline', 'own-1'), attempt(-9 * MINUTE, 'deadline', 'own-1')];
    expect(avoided(...twice)).to.deep.equal(['own-1']);
    expect(avoided(attempt(0, 'vanished', 'own-1'), attempt(0, 'deadline'))).to.deep.equal([]);
  });

  it('count in no cap on claims', () => {
    expect(log(attempt(0, 'deadline', 'own-1'), attempt(0, 'deadline')).askedWithin(3_600_000)).to.have.length(1);
  });
});
