import { expect } from 'chai';
import { DEPLOYMENTS, instantCloud, NODE_CLAIMS, NODES, phiWorkspace, SERVICES, World } from './support/world.js';

describe('the operator on a cluster, in virtual time', function () {
  this.timeout(120_000);
  let world: World;
  afterEach(() => world.stop());

  it('turns the quick-start Workspace into one node, one Service, one Deployment, and a ready model', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    expect(await world.condition('Planned')).to.deep.include({ status: 'True', reason: 'Feasible' });
    await world.untilReady();
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
    expect(await world.names(NODES)).to.have.length(1);
    expect(await world.names(DEPLOYMENTS)).to.deep.equal(['demo']);
    expect(await world.names(SERVICES)).to.deep.equal(['demo']);
    const { status } = (await world.workspace())!;
    expect(status).to.deep.include({ state: 'Ready', targetNodeCount: 1 });
    expect(status?.workerNodes).to.deep.equal(await world.names(NODES));
  });

  it('starts the workload while the GPU driver is still being installed', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advanceUntil(async () => (await world.names(DEPLOYMENTS)).length > 0);
    expect(await world.condition('ResourceReady')).to.deep.include({ status: 'False' });
    await world.untilReady();
  });

  it('needs at most nine writes from the manifest to the ready model, in a cloud that answers at once', async () => {
    world = await World.start({ karpenter: instantCloud });
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    // Events are told in the background and are no part of getting there.
    const writes = world.wire.writes.filter((write) => !write.includes('/events') && !write.includes('(dry run)'));
    expect(writes.length, writes.join('\n')).to.be.at.most(9);
  });

  it('makes no request at rest, and a restart with everything in place makes no write', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.clock.advance(60_000);
    const before = world.wire.requests.length;
    await world.clock.advance(6 * 3_600_000);
    // The leak hunt asks the cloud itself, twice an hour: the one exception.
    const hunts = 'GET /apis/karpenter.sh/v1/nodeclaims';
    const requests = world.wire.requests.slice(before);
    expect(requests.filter((request) => request !== hunts)).to.deep.equal([]);
    expect(requests).to.have.length.at.most(12);
    await world.kill();
    await world.operate();
    await world.clock.advance(3_600_000);
    expect(world.wire.writes).to.deep.equal([]);
  });

  for (const [title, more, reason] of [
    ['an unknown instance type', { instanceType: 'Standard_NC6s_v4' }, 'UnknownInstanceType'],
    ['an unknown preset', { preset: 'phi-3-mini' }, 'UnknownPreset'],
    ['a GPU that is too small', { instanceType: 'Standard_NV12s_v3' }, undefined],
  ] as const) {
    it(`claims no node for ${title}, ever`, async () => {
      world = await World.start();
      await world.operate();
      await world.apply(phiWorkspace(more));
      await world.clock.advance(24 * 3_600_000);
      const planned = await world.condition('Planned');
      expect(planned?.status).to.equal('False');
      if (reason) expect(planned?.reason).to.equal(reason);
      expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
      expect(world.wire.writes.filter((write) => write.includes('nodeclaims'))).to.deep.equal([]);
    });
  }

  it('gives everything back when the Workspace is deleted, and the bill stops', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.delete();
    await world.untilGone();
    expect(await world.remains()).to.deep.equal([]);
    const bill = world.cluster.karpenter!.meter.bill().total;
    await world.clock.advance(3_600_000);
    expect(world.cluster.karpenter!.meter.bill().total).to.equal(bill);
  });

  it('gives everything back when it is deleted before the node has come, and while the operator was away', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.kill();
    await world.delete();
    await world.clock.advance(600_000);
    expect(await world.workspace(), 'the finalizer holds it').to.not.equal(undefined);
    await world.operate();
    await world.untilGone();
    expect(await world.remains()).to.deep.equal([]);
  });

  it('keeps two Workspaces with the same labels on nodes of their own', async () => {
    world = await World.start();
    await world.operate();
    const labelled = (name: string) => ({
      ...phiWorkspace({ name }),
      resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { apps: 'shared' } } },
    });
    await world.apply(labelled('one'));
    await world.apply(labelled('two'));
    await world.untilReady('one');
    await world.untilReady('two');
    const nodes = await Promise.all(
      ['one', 'two'].map(async (name) => (await world.workspace(name))?.status?.workerNodes),
    );
    expect(new Set(nodes.flat()).size).to.equal(2);
  });

  it('serves both versions of the API', async () => {
    world = await World.start();
    await world.operate();
    const alpha = { group: 'kaito.sh', version: 'v1alpha1', plural: 'workspaces' };
    await world.cluster.client.create(alpha, { ...phiWorkspace(), apiVersion: 'kaito.sh/v1alpha1' } as never);
    await world.untilReady();
  });

  it('rolls a change of the model out instead of refusing it', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    const patch = { inference: { preset: { name: 'phi-3-mini-128k-instruct' } } };
    await world.cluster.client.merge(
      { group: 'kaito.sh', version: 'v1beta1', plural: 'workspaces' },
      'default',
      'demo',
      patch,
    );
    await world.clock.advance(3_600_000);
    const deployment = await world.cluster.client.get(DEPLOYMENTS, 'default', 'demo');
    expect(JSON.stringify(deployment)).to.include('kaito-phi-3-mini-128k-instruct');
    expect(await world.condition('WorkspaceReady')).to.deep.include({ status: 'True' });
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
  });

  describe('killed after any write', () => {
    for (let writes = 1; writes <= 12; writes++) {
      it(`the ${writes}. one: the next process ends in the same state, without an orphan or a second node`, async () => {
        world = await World.start();
        await world.operate(writes);
        await world.apply(phiWorkspace());
        await world.clock.advance(1_200_000);
        await world.kill();
        await world.operate();
        await world.untilReady();
        expect(await world.names(NODE_CLAIMS)).to.have.length(1);
        expect(await world.names(DEPLOYMENTS)).to.deep.equal(['demo']);
        await world.kill();
        await world.operate(writes);
        await world.delete();
        await world.clock.advance(1_200_000);
        await world.kill();
        await world.operate();
        await world.untilGone();
        expect(await world.remains()).to.deep.equal([]);
      });
    }
  });
});
