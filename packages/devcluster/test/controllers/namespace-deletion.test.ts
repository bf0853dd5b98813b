import { kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aDeployment, condition, World } from '../support/world.js';

describe('namespace deletion', () => {
  let world: World;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
  afterEach(() => world.stop());

  it('empties the namespace and then lets it go', async () => {
    world = await World.start();
    const team = await world.created(kinds.namespaces, namespace);
    const web = aDeployment('web');
    await world.created(kinds.deployments, { ...web, metadata: { name: 'web', namespace: 'team' } });
    await world.created(kinds.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'team' },
    });
    await world.deleted(kinds.namespaces, team);
    await world.advance(35);
    expect(await world.find(kinds.namespaces, 'team', undefined)).to.equal(undefined);
    expect(await world.pods()).to.deep.equal([]);
    expect(await world.all(kinds.deployments)).to.deep.equal([]);
  });

  it('names what holds it up, and goes when that is gone', async () => {
    world = await World.start();
    const team = await world.created(kinds.namespaces, namespace);
    const held = await world.created(kinds.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'team', finalizers: ['example.dev/hold'] },
    });
    await world.deleted(kinds.namespaces, team);
    const waiting = await world.get(kinds.namespaces, 'team', undefined);
    expect(condition(waiting as { status?: unknown }, 'NamespaceContentRemaining')).to.include({
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: 'Some resources are remaining: configmaps. has 1 resource instances',
    });
    expect(condition(waiting as { status?: unknown }, 'NamespaceFinalizersRemaining')!.message).to.equal(
      'Some content in the namespace has finalizers remaining: example.dev/hold in 1 resource instances',
    );
    await world.patched(kinds.configMaps, held, { metadata: { finalizers: null } });
    expect(await world.find(kinds.namespaces, 'team', undefined)).to.equal(undefined);
  });

  it('leaves other namespaces alone', async () => {
    world = await World.start();
    const team = await world.created(kinds.namespaces, namespace);
    await world.created(kinds.deployments, aDeployment('web'));
    await world.deleted(kinds.namespaces, team);
    expect(await world.pods()).to.have.length(3);
  });
});
