import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { World } from './support/pass.js';

const told = (world: World, reason: string): number =>
  world.events.filter((event) => event.endsWith(` ${reason}`)).length;

describe('the event Planned', () => {
  it('leaves the first Plan to the event of what is asked for, told once however often it is carried out', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    await world.pass();
    expect(world.events).to.deep.equal(['Normal NodeClaimCreated']);
    expect(world.condition('Planned')).to.include({ status: 'True', reason: 'Feasible' });
  });

  it('tells a new Plan, though the condition stays as it was', async () => {
    const world = new World(aWorkspace());
    await world.up();
    const { resource } = world.workspace;
    world.workspace = { ...world.workspace, resource: { ...resource, instanceType: 'gpu.large' } };
    await world.pass();
    expect(told(world, 'Planned')).to.equal(1);
  });

  it('warns of a refusal once, with its code', async () => {
    const world = new World(aWorkspace({ preset: 'unknown' }));
    await world.pass();
    await world.pass();
    expect(world.events.filter((event) => event.startsWith('Warning'))).to.deep.equal(['Warning UnknownPreset']);
    expect(told(world, 'Planned')).to.equal(0);
  });

  it('warns when a Plan is lost, once', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    const { inference } = world.workspace;
    world.workspace = { ...world.workspace, inference: { ...inference, preset: { name: 'unknown' } } };
    await world.pass();
    await world.pass();
    expect(told(world, 'UnknownPreset')).to.equal(1);
  });
});
