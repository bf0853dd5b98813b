import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { World } from './support/pass.js';

const SECOND = 1000;

describe('what a provisioner says of a claim that is as young as it ought to be', () => {
  const MESSAGE = 'no controller has taken it up';

  /** A claim of which nobody has said anything yet. */
  async function asked(usualForMs?: number): Promise<World> {
    const world = new World(aWorkspace());
    await world.pass();
    const createdAt = new Date(world.now).toISOString();
    for (const [name, claim] of world.provisioner.claims) {
      const state = { ...claim, createdAt, message: MESSAGE, ...(usualForMs === undefined ? {} : { usualForMs }) };
      world.provisioner.claims.set(name, state);
    }
    return world;
  }

  it('is not repeated while it is usual, and costs no write', async () => {
    const world = await asked(10 * SECOND);
    const { writes } = world;
    world.now += 9 * SECOND;
    await world.pass();
    expect(world.condition('NodeClaimReady')?.message).to.not.contain(MESSAGE);
    expect(world.writes).to.equal(writes);
  });

  it('is told when it has lasted, for which the Workspace wakes up by itself', async () => {
    const world = await asked(10 * SECOND);
    world.now += 4 * SECOND;
    expect(await world.awakeAfterMs()).to.equal(6 * SECOND);
    world.now += 6 * SECOND;
    await world.pass();
    expect(world.condition('NodeClaimReady')?.message).to.contain(MESSAGE);
  });

  it('is told at once where nothing is usual about it', async () => {
    const world = await asked();
    await world.pass();
    expect(world.condition('NodeClaimReady')?.message).to.contain(MESSAGE);
  });
});
