import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { World } from './support/pass.js';

/** A world with claims that another operator made, each with a node that is ready. */
function worldWith(...claims: readonly { readonly name: string; readonly instanceType?: string }[]): World {
  const world = new World(aWorkspace());
  const { name, namespace = '', uid = '' } = world.workspace.metadata;
  const { instanceType: type = '' } = world.workspace.resource;
  for (const claim of claims) {
    const { name: claimName, instanceType = type } = claim;
    const owner = { name, namespace, uid };
    world.provisioner.claims.set(claimName, { name: claimName, owner, instanceType, phase: 'ready', inherited: true });
  }
  world.provisioner.move('ready');
  world.nodesShow(1);
  return world;
}

async function up(world: World): Promise<void> {
  await world.pass();
  world.engineReady();
  await world.pass();
}

describe('claims that another operator made', () => {
  it('are the nodes of the Plan, under the names that they have: nothing is asked for', async () => {
    const world = worldWith({ name: 'wsforeign01' });
    await up(world);
    expect(world.condition('WorkspaceReady')?.status).to.equal('True');
    expect(world.provisioner.asked).to.deep.equal([]);
    expect(world.workspace.status?.workerNodes).to.deep.equal(['node-wsforeign01']);
    expect(world.provisioner.claims.get('wsforeign01')?.phase).to.equal('ready');
  });

  it('are on the lease like any other, so that one that goes is replaced under a name of ours', async () => {
    const world = worldWith({ name: 'wsforeign01' });
    await up(world);
    expect(world.workspace.status?.attempts?.map(({ claim, stage }) => `${claim} ${stage}`)).to.deep.equal([
      'wsforeign01 ready',
    ]);
    world.provisioner.claims.delete('wsforeign01');
    await world.pass();
    await world.pass();
    expect(world.provisioner.asked.map(({ name }) => name))
      .to.have.length(1)
      .and.not.include('wsforeign01');
  });

  it('are given back where there are more of them than the Plan needs, and where they are of another type', async () => {
    const world = worldWith({ name: 'wsforeign02' }, { name: 'wsforeign01' });
    await up(world);
    expect(world.provisioner.claims.get('wsforeign01')?.phase).to.equal('ready');
    expect(world.provisioner.claims.get('wsforeign02')?.phase).to.equal('releasing');

    const other = worldWith({ name: 'wsforeign03', instanceType: 'gpu.other' });
    await up(other);
    expect(other.provisioner.asked).to.have.length(1);
  });
});
