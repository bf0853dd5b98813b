import type { ClaimState } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { World } from './support/pass.js';

const MINUTE = 60_000;

/** A Workspace whose one claim was asked for; what the caches have of it stays so, whatever the source says. */
async function asked(): Promise<{ readonly world: World; readonly source: (parts: Partial<ClaimState>) => void }> {
  const world = new World(aWorkspace());
  await world.pass();
  const { provisioner } = world;
  const observe = provisioner.observe.bind(provisioner);
  let fresh: Partial<ClaimState> = {};
  const looks = Object.assign(provisioner, { looks: 0, failing: undefined as Error | undefined });
  provisioner.observe = async (owner, options: { readonly fresh?: boolean } = {}) => {
    const cached = await observe(owner);
    if (options.fresh !== true) return cached;
    looks.looks++;
    if (looks.failing) throw looks.failing;
    return cached.map((claim) => ({ ...claim, ...fresh }));
  };
  return {
    world,
    source: (parts) => {
      fresh = parts;
    },
  };
}
const looksOf = (world: World) => (world.provisioner as unknown as { looks: number }).looks;
const failLooks = (world: World, failing: Error | undefined) => void Object.assign(world.provisioner, { failing });
const attemptOf = (world: World) => world.workspace.status?.attempts?.at(-1);

describe('a node of which the caches have not heard', () => {
  it('is kept where the source knows it has come, with the deadline of the stage it is in', async () => {
    const { world, source } = await asked();
    source({ phase: 'launched', nodeName: 'node-1' });
    world.now += 21 * MINUTE;
    await world.pass();
    expect(attemptOf(world)).to.include({ stage: 'launched', since: '2026-01-01T00:21:00Z' });
    expect(attemptOf(world)).to.not.have.property('ended');
    expect(world.provisioner.asked).to.have.length(1);
    // The caches are still behind: what they say is no way back.
    world.now += 10 * MINUTE;
    await world.pass();
    expect(attemptOf(world)).to.include({ stage: 'launched', since: '2026-01-01T00:21:00Z' });
    world.now += 6 * MINUTE;
    await world.pass();
    expect(attemptOf(world)).to.include({ reason: 'NodeJoinOverdue' });
  });

  it('is given up where the source says the same', async () => {
    const { world } = await asked();
    world.now += 21 * MINUTE;
    await world.pass();
    expect(attemptOf(world)).to.include({ reason: 'NodeLaunchOverdue', failure: 'deadline' });
    expect(looksOf(world)).to.equal(1);
  });

  it('is not asked after before its deadline', async () => {
    const { world } = await asked();
    for (let minute = 0; minute < 19; minute++) {
      world.now += MINUTE;
      await world.pass();
    }
    expect(looksOf(world)).to.equal(0);
  });

  it('is kept while it cannot be looked at, which is said, and the look is made again within a minute', async () => {
    const { world } = await asked();
    world.now += 21 * MINUTE;
    failLooks(world, new Error('GET /claims got no answer: token=abcdefg'));
    expect(await world.awakeAfterMs()).to.equal(MINUTE);
    expect(attemptOf(world)).to.not.have.property('ended');
    const message = world.condition('NodeClaimReady')?.message ?? '';
    expect(message).to.match(
      /ws\w{9} is requested since 2026-01-01T00:00:00Z; node ws\w{9} looks lost or late and is kept, because it cannot be looked at: GET \/claims got no answer: token=…; it is looked at again every minute$/,
    );
    const { writes } = world;
    world.now += MINUTE;
    await world.pass();
    expect(world.writes, 'said once').to.equal(writes);
    failLooks(world, undefined);
    await world.pass();
    expect(attemptOf(world)).to.include({ reason: 'NodeLaunchOverdue' });
  });

  it('is not given up for a refusal that it has got over', async () => {
    const { world, source } = await asked();
    world.provisioner.move('failed', { failure: 'permission', reason: 'NotPermitted', message: 'no' });
    source({ phase: 'launched' });
    await world.pass();
    expect(attemptOf(world)).to.not.have.property('ended');
    source({});
    await world.pass();
    expect(attemptOf(world)).to.include({ reason: 'NotPermitted', failure: 'permission' });
  });
});

describe('a model of which the caches have not heard', () => {
  async function started(): Promise<World> {
    const world = new World(aWorkspace());
    await world.pass();
    world.provisioner.move('ready');
    world.nodesShow(1);
    await world.pass();
    return world;
  }

  it('keeps its node where the server knows of its pod', async () => {
    const world = await started();
    const [claim] = [...world.provisioner.claims.values()];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'demo-1' }, spec: { nodeName: claim?.nodeName } };
    world.cluster.behind.pods = [{ ...pod, status: { phase: 'Running' } }];
    world.now += 31 * MINUTE;
    await world.pass();
    expect(attemptOf(world)).to.include({ stage: 'running' });
    world.cluster.workloadPods = [...world.cluster.behind.pods];
    world.now += 61 * MINUTE;
    await world.pass();
    expect(attemptOf(world)).to.include({ reason: 'WorkloadReadyOverdue' });
  });

  it('keeps its node where the server knows that it is ready', async () => {
    const world = await started();
    const [claim] = [...world.provisioner.claims.values()];
    world.cluster.workloadPods = [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'demo-1' },
        spec: { nodeName: claim?.nodeName },
        status: { phase: 'Running' },
      },
    ];
    await world.pass();
    world.cluster.behind.live = (object) => ({ ...object, status: { readyReplicas: 1 } });
    world.now += 61 * MINUTE;
    await world.pass();
    expect(attemptOf(world)).to.not.have.property('ended');
    expect(attemptOf(world)?.stage).to.equal('running');
  });

  it('keeps a node that shows its devices to the server', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    world.provisioner.move('ready');
    world.nodesShow(0);
    await world.pass();
    const [node] = [...world.cluster.cluster.values()];
    const { status } = node as { readonly status?: object };
    world.cluster.behind.node = { ...node!, status: { ...status, allocatable: { 'nvidia.com/gpu': '1' } } };
    world.now += 21 * MINUTE;
    await world.pass();
    expect(attemptOf(world)?.stage).to.equal('visible');
    expect(world.cluster.calls).to.include('look at Node');
  });
});
