import { ProvisioningDeferred } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { World } from './support/pass.js';

describe('a claim that the provisioner puts off', () => {
  const putOff = (world: World) => {
    const claim = world.provisioner.claim.bind(world.provisioner);
    world.provisioner.claim = async () => {
      throw new ProvisioningDeferred('WaitingForTurn', 'two others come first', 15_000);
    };
    return () => {
      world.provisioner.claim = claim;
    };
  };

  it('waits with the reason of the provisioner and the name of the node, until the time that it names', async () => {
    const world = new World(aWorkspace());
    putOff(world);
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'WaitingForTurn' });
    const condition = world.condition('NodeClaimReady');
    const [claim = ''] = (world.workspace.status?.attempts ?? []).map((attempt) => attempt.claim);
    expect([condition?.status, condition?.reason, condition?.message]).to.deep.equal([
      'False',
      'WaitingForTurn',
      `node ${claim} (gpu.small) is not asked for yet: two others come first`,
    ]);
  });

  it('is named too where the provisioner puts off what it has to offer', async () => {
    const world = new World(aWorkspace());
    world.provisioner.offers = async () => {
      throw new ProvisioningDeferred('Throttled', 'too many requests', 15_000);
    };
    await world.pass();
    const message = world.condition('NodeClaimReady')?.message;
    expect(message).to.match(/^node ws\w{9} \(gpu\.small\) is not asked for yet: too many requests$/);
  });

  it('is no failed attempt, however often it is put off, and is asked for in the end', async () => {
    const world = new World(aWorkspace());
    const done = putOff(world);
    for (let pass = 0; pass < 20; pass++) {
      await world.pass();
      world.now += 15_000;
    }
    const attempts = world.workspace.status?.attempts ?? [];
    expect(attempts.map(({ stage, failure }) => [stage, failure])).to.deep.equal([['asked', undefined]]);
    done();
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'NodeClaimNotReady' });
    expect(world.provisioner.claims.size).to.equal(1);
  });

  it('does not write the same thing again and again', async () => {
    const world = new World(aWorkspace());
    putOff(world);
    await world.pass();
    await world.pass();
    const before = world.writes;
    for (let pass = 0; pass < 5; pass++) await world.pass();
    expect(world.writes).to.equal(before);
  });
});
