import { ArmError, armFaults } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { OperatorWorld } from './support/operator-world.js';

const MINUTE = 60_000;

describe('the operator with agent pools, in virtual time', () => {
  let world: OperatorWorld;
  afterEach(() => world.stop());

  const puts = () => world.arm.requests.filter((request) => request.startsWith('PUT ')).length;

  it('turns a Workspace into one pool, one node and a ready model, and gives everything back', async () => {
    world = await OperatorWorld.start();
    await world.operate();
    await world.apply();
    expect((await world.condition('NodeClaimReady'))?.message).to.match(/ws[0-9a-f]{9} is requested/);
    await world.untilReady('demo');
    expect(puts()).to.equal(1);
    expect(await world.nodes()).to.have.length(1);
    await world.delete();
    expect(world.running(), 'billed until the pool is gone').to.have.length(1);
    await world.untilGone();
    expect([...world.arm.pools.keys()]).to.deep.equal([]);
    expect(await world.nodes()).to.deep.equal([]);
    expect(world.running()).to.deep.equal([]);
  });

  it('asks Azure for nothing at rest but the listing of the leak hunt', async () => {
    world = await OperatorWorld.start();
    await world.operate();
    await world.apply();
    await world.untilReady('demo');
    await world.clock.advance(5 * MINUTE);
    const before = world.arm.requests.length;
    await world.clock.advance(6 * 60 * MINUTE);
    const hunts = world.arm.requests.slice(before);
    expect(hunts.filter((request) => !/^GET .*\/agentPools$/.test(request))).to.deep.equal([]);
    expect(hunts.length, 'one listing each half hour').to.be.at.most(12);
  });

  it('keeps to the call budget: one PUT, and one list each quarter of a minute while the pool is on its way', async () => {
    world = await OperatorWorld.start();
    await world.operate();
    await world.apply();
    await world.untilReady('demo');
    const kinds = world.arm.requests.map((request) => request.replace(/ .*\/(agentPools|skus).*/, ' $1'));
    const count = (kind: string) => kinds.filter((one) => one === kind).length;
    expect(count('PUT agentPools')).to.equal(1);
    // Five minutes of 15 seconds each, one GET before the PUT, and what node events bring.
    expect(count('GET agentPools')).to.be.at.most(30);
    expect(count('GET skus')).to.equal(1);
  });

  it('plans for and buys a size that only the list of the subscription knows, in this process and in the next', async () => {
    const known = 'Standard_NC24ads_A100_v4';
    const listed = 'Standard_NC192ads_A100_v4';
    const shape = { cpu: 192, memory: '1760Gi', gpus: 8, ephemeralStorage: '1Ti' };
    world = await OperatorWorld.start({ instances: { [known]: shape, [listed]: shape } });
    await world.operate();
    await world.apply('demo', listed);
    await world.untilReady('demo');
    const { plan } = (await world.workspace())?.status ?? {};
    if (!plan?.feasible) throw new Error('there is no Plan');
    expect(plan.nodes.gpu.model).to.equal('NVIDIA A100');
    expect(plan.nodes.gpusPerNode).to.equal(8);
    expect([...world.arm.pools.keys()].map((pool) => world.arm.properties(pool)?.vmSize)).to.deep.equal([listed]);
    await world.kill();
    await world.operate();
    await world.clock.advance(5 * MINUTE);
    expect(await world.condition('Planned')).to.include({ status: 'True' });
    expect(puts()).to.equal(1);
  });

  it('plans by the shipped sizes where the list may not be read, and says of another one that nobody knows it', async () => {
    const listed = 'Standard_NC192ads_A100_v4';
    world = await OperatorWorld.start({ skus: 'forbidden' });
    await world.operate();
    await world.apply('demo', listed);
    expect(await world.condition('Planned')).to.include({ status: 'False', reason: 'UnknownInstanceType' });
    await world.apply('other');
    await world.untilReady('other');
  });

  it('looks for a size that nobody knows again, for the list may have been out of reach only', async () => {
    const listed = 'Standard_NC192ads_A100_v4';
    const shape = { cpu: 192, memory: '1760Gi', gpus: 8, ephemeralStorage: '1Ti' };
    world = await OperatorWorld.start({ instances: { Standard_NC24ads_A100_v4: shape, [listed]: shape } });
    await world.operate();
    // The leak hunt asked at the start already: the next request is that for the sizes.
    world.arm.interrupt(new ArmError(503, 'ServiceUnavailable', 'later'));
    await world.apply('demo', listed);
    expect(await world.condition('Planned')).to.include({ status: 'False', reason: 'UnknownInstanceType' });
    await world.clock.advance(61 * MINUTE);
    await world.untilReady('demo');
  });

  it('goes on in a new process in the middle of the operation, without a second pool', async () => {
    world = await OperatorWorld.start();
    await world.operate();
    await world.apply();
    await world.clock.advance(2 * MINUTE);
    expect([...world.arm.pools.values()]).to.deep.equal(['Creating']);
    await world.kill();
    await world.operate();
    await world.untilReady('demo');
    expect(puts()).to.equal(1);
    expect(world.arm.pools.size).to.equal(1);
  });

  it('finishes the creation and the deletion of a Workspace that was deleted while no operator ran', async () => {
    world = await OperatorWorld.start();
    await world.operate();
    await world.apply();
    await world.clock.advance(2 * MINUTE);
    await world.kill();
    await world.delete();
    await world.operate();
    await world.untilGone();
    expect(world.arm.pools.size).to.equal(0);
    expect(world.running()).to.deep.equal([]);
  });

  for (let changes = 1; changes <= 12; changes++) {
    it(`ends in the same state when killed after the ${changes}. change it made, in the cluster or in Azure`, async () => {
      world = await OperatorWorld.start();
      await world.operate(changes);
      await world.apply();
      await world.clock.advance(3 * MINUTE);
      await world.kill();
      await world.operate();
      await world.untilReady('demo');
      expect(world.arm.pools.size).to.equal(1);
      expect(await world.nodes()).to.have.length(1);
      await world.delete();
      await world.untilGone();
      expect(world.arm.pools.size).to.equal(0);
      expect(world.running()).to.deep.equal([]);
    });
  }

  it('takes five Workspaces through a cluster that allows one operation at a time, each said to wait for its turn', async () => {
    world = await OperatorWorld.start({ maxOperations: 1 });
    await world.operate();
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await world.apply(name);
    await world.clock.advance(MINUTE);
    const why = await Promise.all(
      names.map(async (name) => (await world.condition('NodeClaimReady', name))?.message ?? ''),
    );
    expect(why.filter((message) => /in progress|its turn/.test(message)).length, why.join('\n')).to.be.at.least(3);
    await world.untilReady(...names);
    expect(world.arm.pools.size).to.equal(5);
    expect(await world.nodes()).to.have.length(5);
  });

  it('waits out a throttled Azure and goes on, with the reason in the condition meanwhile', async () => {
    world = await OperatorWorld.start();
    world.arm.failNext(armFaults.throttled(120));
    await world.operate();
    await world.apply();
    await world.clock.advance(20_000);
    expect((await world.condition('NodeClaimReady'))?.message).to.match(/TooManyRequests.*throttled/);
    expect(puts()).to.equal(1);
    await world.clock.advance(95_000);
    expect(puts(), 'not before Retry-After is over').to.equal(1);
    await world.untilReady('demo');
  });

  it('gives the old pool back after a change of the size, however often Azure first refuses to delete it', async () => {
    world = await OperatorWorld.start();
    await world.operate();
    await world.apply();
    await world.untilReady('demo');
    world.arm.refuseDeletes(new ArmError(409, 'OperationNotAllowed', 'there is an in progress upgrade operation'));
    await world.patch('demo', { resource: { instanceType: 'Standard_NC24ads_A100_v4' } });
    await world.clock.advance(30 * MINUTE);
    expect(world.running(), 'the old one and the new one').to.have.length(2);
    world.arm.refuseDeletes();
    await world.clock.advance(10 * MINUTE);
    expect([...world.arm.pools.values()]).to.deep.equal(['Succeeded']);
    expect(world.running()).to.have.length(1);
    expect((await world.condition('WorkspaceReady'))?.status).to.equal('True');
  });
});
