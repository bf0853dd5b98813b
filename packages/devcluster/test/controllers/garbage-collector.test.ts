import { type KubeObject, kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aDeployment, World } from '../support/world.js';

const configMap = (name: string, owners: readonly KubeObject[] = [], more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'default',
    ...(owners.length === 0
      ? {}
      : {
          ownerReferences: owners.map(({ apiVersion, kind, metadata }) => ({
            apiVersion,
            kind,
            name: metadata.name,
            uid: metadata.uid!,
            blockOwnerDeletion: true,
          })),
        }),
    ...more,
  },
});

describe('the garbage collector', () => {
  let world: World;
  afterEach(() => world.stop());

  const names = async () =>
    (await world.all(kinds.configMaps))
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== 'kube-root-ca.crt');

  it('deletes what an object owned after it, to the last generation', async () => {
    world = await World.start();
    const web = await world.created(kinds.deployments, aDeployment('web'));
    await world.deleted(kinds.deployments, web, { propagationPolicy: 'Background' });
    await world.advance(31);
    expect(await world.all(kinds.replicaSets)).to.deep.equal([]);
    expect(await world.pods()).to.deep.equal([]);
    expect(world.failures).to.deep.equal([]);
  });

  it('in the foreground keeps the owner until the last blocking dependant is gone', async () => {
    world = await World.start({ script: () => ({ ignoresTerm: true }) });
    const web = await world.created(kinds.deployments, aDeployment('web', { replicas: 1 }));
    await world.deleted(kinds.deployments, web, { propagationPolicy: 'Foreground' });
    const waiting = await world.get(kinds.deployments, 'web');
    expect(waiting.metadata.finalizers).to.deep.equal(['foregroundDeletion']);
    expect((await world.pods())[0]!.metadata.deletionTimestamp).not.to.equal(undefined);
    await world.advance(31);
    expect(await world.all(kinds.deployments)).to.deep.equal([]);
    expect(await world.pods()).to.deep.equal([]);
  });

  it('in the foreground does not wait for dependants that do not block', async () => {
    world = await World.start();
    const owner = await world.created(kinds.configMaps, configMap('owner'));
    const child = configMap('child', [owner], { finalizers: ['example.dev/hold'] });
    child.metadata.ownerReferences![0]!.blockOwnerDeletion = false;
    await world.created(kinds.configMaps, child);
    await world.deleted(kinds.configMaps, owner, { propagationPolicy: 'Foreground' });
    expect(await names()).to.deep.equal(['child']);
  });

  it('sets dependants free when they are to be orphaned', async () => {
    world = await World.start();
    const web = await world.created(kinds.deployments, aDeployment('web'));
    await world.deleted(kinds.deployments, web, { propagationPolicy: 'Orphan' });
    await world.advance(60);
    expect(await world.all(kinds.deployments)).to.deep.equal([]);
    const [set] = await world.all(kinds.replicaSets);
    expect(set!.metadata.ownerReferences).to.equal(undefined);
    expect(await world.pods()).to.have.length(3);
  });

  it('deletes an object whose owner never was there', async () => {
    world = await World.start();
    const ghost = configMap('ghost', [], { uid: '00000000-0000-0000-0000-000000000001' });
    await world.created(kinds.configMaps, configMap('child', [ghost]));
    expect(await names()).to.deep.equal([]);
  });

  it('deletes an object whose owner has the name but not the uid', async () => {
    world = await World.start();
    const owner = await world.created(kinds.configMaps, configMap('owner'));
    const impostor = { ...owner, metadata: { ...owner.metadata, uid: '00000000-0000-0000-0000-000000000002' } };
    await world.created(kinds.configMaps, configMap('child', [impostor]));
    expect(await names()).to.deep.equal(['owner']);
  });

  it('keeps an object while one of its owners lives, and takes the other reference off', async () => {
    world = await World.start();
    const first = await world.created(kinds.configMaps, configMap('first'));
    const second = await world.created(kinds.configMaps, configMap('second'));
    await world.created(kinds.configMaps, configMap('child', [first, second]));
    await world.deleted(kinds.configMaps, first);
    const child = await world.get(kinds.configMaps, 'child');
    expect(child.metadata.ownerReferences!.map(({ name }) => name)).to.deep.equal(['second']);
    await world.deleted(kinds.configMaps, second);
    expect(await names()).to.deep.equal([]);
  });

  it('concludes nothing from an owner of a kind that is not served', async () => {
    world = await World.start();
    const stranger: KubeObject = {
      apiVersion: 'example.dev/v1',
      kind: 'Stranger',
      metadata: { name: 'x', uid: '00000000-0000-0000-0000-000000000003' },
    };
    await world.created(kinds.configMaps, configMap('child', [stranger]));
    await world.advance(3600);
    expect(await names()).to.deep.equal(['child']);
  });

  it('collects custom resources and what they own, from the moment their definition is there', async () => {
    world = await World.start();
    const widgets = { group: 'example.dev', version: 'v1', plural: 'widgets', kind: 'Widget' };
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    await world.created(kinds.customResourceDefinitions, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.dev' },
      spec: {
        group: 'example.dev',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    const widget = { apiVersion: 'example.dev/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'default' } };
    const owner = await world.created(widgets, widget);
    const middle = await world.created(widgets, {
      ...widget,
      metadata: { ...configMap('m', [owner]).metadata, name: 'm' },
    });
    await world.created(kinds.configMaps, configMap('child', [middle]));
    await world.deleted(widgets, owner);
    expect(await world.all(widgets)).to.deep.equal([]);
    expect(await names()).to.deep.equal([]);
  });

  it('can be paused by a test, and catches up afterwards', async () => {
    world = await World.start();
    const owner = await world.created(kinds.configMaps, configMap('owner'));
    await world.created(kinds.configMaps, configMap('child', [owner]));
    world.cluster.controller('garbage-collector').pause();
    await world.deleted(kinds.configMaps, owner);
    expect(await names()).to.deep.equal(['child']);
    world.cluster.controller('garbage-collector').resume();
    await world.cluster.settled();
    expect(await names()).to.deep.equal([]);
  });
});
