import { FaultInjector } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { installDevicePlugin } from './support/device-plugin.js';
import { NODE_CLAIMS, phiWorkspace, WORKSPACES, World } from './support/world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T4 = 'Standard_NC4as_T4_v3';

describe('the lease of a node, on a cluster in virtual time', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await installDevicePlugin(world);
    await world.operate();
  });
  afterEach(() => world.stop());

  const attempts = async () => (await world.workspace())?.status?.attempts ?? [];
  const failures = async () => (await attempts()).flatMap(({ reason }) => reason ?? []);
  const running = () => world.cluster.karpenter!.meter.bill().lines.filter((line) => line.running);
  const withLadder = () => {
    const workspace = phiWorkspace();
    return { ...workspace, resource: { ...(workspace.resource as object), alternatives: [{ instanceType: T4 }] } };
  };

  it('gives up a claim that never launches, says why, and gets the next one up', async () => {
    world.cluster.karpenter!.failNext({ kind: 'never-launches' });
    await world.apply(phiWorkspace());
    await world.clock.advance(21 * MINUTE);
    expect(await failures()).to.deep.equal(['NodeLaunchOverdue']);
    expect((await world.condition('NodeClaimReady'))?.message).to.match(/no machine after 20 minutes.*next try is at/);
    await world.untilReady();
    expect(running()).to.have.length(1);
  });

  it('gives up a machine that never joins, and stops paying for it', async () => {
    world.cluster.karpenter!.failNext({ kind: 'never-joins' });
    await world.apply(phiWorkspace());
    await world.clock.advance(4 * MINUTE + 16 * MINUTE);
    expect(await failures()).to.deep.equal(['NodeJoinOverdue']);
    expect(running()).to.deep.equal([]);
    await world.untilReady();
    const [wasted] = await attempts();
    expect(Date.parse(wasted!.ended!) - Date.parse(wasted!.paid!)).to.equal(15 * MINUTE);
    expect(Number(wasted!.usdPerHour)).to.be.greaterThan(0);
  });

  it('takes a GPU that never appears for a bad node where a device plugin is installed, and buys another one', async () => {
    world.cluster.karpenter!.failNext({ kind: 'never-shows-gpu' });
    await world.apply(phiWorkspace());
    await world.untilReady();
    expect(await failures()).to.deep.equal(['NodeDevicesOverdue']);
  });

  it('goes on to the next offer of the ladder when there is no capacity, and renders for it', async () => {
    world.cluster.karpenter!.failNext({ kind: 'no-capacity' });
    await world.apply(withLadder());
    await world.untilReady();
    const status = (await world.workspace())!.status!;
    expect(status.plan).to.deep.include({ feasible: true });
    expect((status.plan as { nodes: { instanceType: string } }).nodes.instanceType).to.equal(T4);
    expect(await failures()).to.deep.equal(['NodeClaimVanished']);
  });

  it('stays on the offer that it is up on, however long ago the better one failed', async () => {
    world.cluster.karpenter!.failNext({ kind: 'no-capacity' });
    await world.apply(withLadder());
    await world.untilReady();
    const claims = await world.names(NODE_CLAIMS);
    await world.clock.advance(48 * HOUR);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal(claims);
  });

  it('asks at longer and longer intervals where there is no capacity, never more often than the cap allows', async () => {
    world.cluster.karpenter!.failNext(...Array.from({ length: 100 }, () => ({ kind: 'no-capacity' }) as const));
    await world.apply(phiWorkspace());
    await world.clock.advance(HOUR);
    const asked = () => world.wire.writes.filter((write) => write === 'POST /apis/karpenter.sh/v1/nodeclaims').length;
    expect(asked()).to.be.within(2, 4);
    await world.clock.advance(11 * HOUR);
    expect(asked()).to.be.at.most(16);
    expect((await world.condition('NodeClaimReady'))?.message).to.match(/taken back by somebody else.*next try is at/);
  });

  it('blocks on a permission that is missing, without a second claim, and tries again after an hour', async () => {
    const message = 'AuthorizationFailed: the client does not have authorization';
    world.cluster.karpenter!.failNext({ kind: 'launch-fails', message });
    await world.apply(withLadder());
    await world.clock.advance(30 * MINUTE);
    expect(await world.condition('NodeClaimReady')).to.deep.include({ status: 'False', reason: 'NotPermitted' });
    expect((await world.condition('WorkspaceReady'))?.reason).to.equal('workspaceFailed');
    expect(await attempts()).to.have.length(1);
    await world.untilReady();
  });

  it('tries a size that the cloud does not sell once, and takes the next one', async () => {
    world.cluster.karpenter!.failNext({ kind: 'launch-fails', message: 'SkuNotAvailable: not here' });
    await world.apply(withLadder());
    await world.untilReady();
    expect(await failures()).to.deep.equal(['InstanceTypeNotOffered']);
  });

  it('remembers across a restart what failed', async () => {
    world.cluster.karpenter!.failNext({ kind: 'no-capacity' });
    await world.apply(phiWorkspace());
    await world.clock.advance(5 * MINUTE);
    await world.kill();
    await world.operate();
    expect(world.wire.writes.filter((write) => write.startsWith('POST /apis/karpenter.sh'))).to.deep.equal([]);
    expect((await world.condition('NodeClaimReady'))?.message).to.match(/next try is at/);
    await world.untilReady();
  });

  it('replaces a ready node at once whose claim somebody deleted', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    const [claim] = await world.names(NODE_CLAIMS);
    await world.cluster.client.delete(
      { group: 'karpenter.sh', version: 'v1', plural: 'nodeclaims' },
      undefined,
      claim!,
    );
    // The old machine goes, a new one comes: as long as a first one takes, and no back-off on top.
    await world.clock.advance(10 * MINUTE);
    expect(await world.condition('WorkspaceReady')).to.include({ status: 'True' });
    expect(running()).to.have.length(1);
  });

  it('replaces a node whose machine was taken away', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    const [claim] = await world.names(NODE_CLAIMS);
    await world.cluster.karpenter!.lose(claim!);
    await world.clock.advance(HOUR);
    await world.untilReady();
    expect(running()).to.have.length(1);
  });

  it('buys nothing for a Workspace that was deleted before the operator heard of it', async () => {
    await world.kill();
    let passes = false;
    // The list says that it is there; that it was deleted comes late.
    world.between = (transport) => ({
      request: async (request) => {
        const response = await transport.request(request);
        if (!/workspaces\?.*watch=true/.test(request.path)) return response;
        const late = async function* () {
          for await (const piece of response.body) {
            while (!passes) await new Promise<void>((resolve) => world.clock.after(MINUTE, resolve));
            yield piece;
          }
        };
        return { ...response, body: late() };
      },
    });
    await world.apply(phiWorkspace());
    // Deleted right after the first list of the operator.
    let listed = false;
    world.cluster.server.middlewares.push(async (request, next) => {
      const response = await next(request);
      if (!listed && /\/workspaces$/.test(request.url.pathname) && !request.url.searchParams.has('watch')) {
        listed = true;
        await world.cluster.client.delete(WORKSPACES, 'default', 'demo');
      }
      return response;
    });
    await world.operate();
    await world.clock.advance(2 * MINUTE);
    expect(world.wire.writes.filter((write) => write.includes('nodeclaims'))).to.deep.equal([]);
    passes = true;
    await world.clock.advance(2 * MINUTE);
    expect(await world.remains()).to.deep.equal([]);
  });

  it('gives back what is still being created when its Workspace is deleted, and pays for no node', async () => {
    await world.apply(phiWorkspace());
    await world.clock.advance(2 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
    await world.delete();
    await world.untilGone();
    await world.clock.advance(10 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    expect(world.cluster.karpenter!.meter.bill().lines).to.deep.equal([]);
  });

  it('finishes a deletion that came while it was down, and lets the Workspace go only when the node is gone', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.kill();
    await world.delete();
    await world.clock.advance(HOUR);
    expect(running(), 'nobody there to give it back').to.have.length(1);
    expect(await world.workspace(), 'held by its finalizer').to.not.equal(undefined);
    await world.operate();
    await world.untilGone();
    expect(running()).to.deep.equal([]);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
  });

  it('finds and gives back a node whose Workspace was torn away', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.kill();
    await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { finalizers: null } });
    await world.delete();
    expect(running()).to.have.length(1);
    await world.operate();
    await world.clock.advance(10 * MINUTE);
    expect(running()).to.deep.equal([]);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
  });

  it('gives back the other nodes without an owner where one of them cannot be given back', async () => {
    for (const name of ['one', 'two']) await world.apply(phiWorkspace({ name }));
    for (const name of ['one', 'two']) await world.untilReady(name);
    await world.kill();
    for (const name of ['one', 'two']) {
      await world.cluster.client.merge(WORKSPACES, 'default', name, { metadata: { finalizers: null } });
      await world.delete(name);
    }
    // The first that the hunt comes to.
    const [first = ''] = await world.names(NODE_CLAIMS);
    const faults = new FaultInjector();
    world.between = (transport) => faults.over(transport);
    faults.inject({ verb: 'delete', resource: 'nodeclaims', name: first, fault: { status: 403, reason: 'Forbidden' } });
    await world.operate();
    await world.clock.advance(10 * MINUTE);
    expect(running().map(({ machine }) => machine)).to.deep.equal([first]);
    faults.clear();
    await world.clock.advance(HOUR);
    expect(running()).to.deep.equal([]);
  });
});

describe('a cluster without a device plugin', function () {
  this.timeout(120_000);
  let world: World;
  afterEach(() => world.stop());

  it('is told apart from a bad node: one node is bought, given back, and none after it until the plugin is there', async () => {
    world = await World.start();
    await world.operate();
    world.cluster.karpenter!.failNext({ kind: 'never-shows-gpu' });
    await world.apply(phiWorkspace());
    await world.clock.advance(24 * HOUR);
    expect(world.cluster.karpenter!.meter.bill().lines).to.have.length(1);
    expect(world.cluster.karpenter!.meter.bill().lines[0]?.running).to.equal(false);
    expect(await world.condition('NodeClaimReady')).to.deep.include({ reason: 'DevicePluginMissing', status: 'False' });
    await installDevicePlugin(world);
    await world.untilReady();
  });
});
