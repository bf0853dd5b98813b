import { kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aStatefulSet, container, World } from '../support/world.js';

describe('the statefulset controller', () => {
  let world: World;
  afterEach(() => world.stop());

  it('gives pods stable names, hostnames and identity labels', async () => {
    world = await World.start();
    await world.created(kinds.statefulSets, aStatefulSet('web'));
    expect(await world.podNames()).to.deep.equal(['web-0', 'web-1', 'web-2']);
    const pod = await world.get(kinds.pods, 'web-1');
    expect(pod.metadata.labels).to.include({
      'statefulset.kubernetes.io/pod-name': 'web-1',
      'apps.kubernetes.io/pod-index': '1',
    });
    expect(pod.metadata.labels!['controller-revision-hash']).to.match(/^web-/);
    expect(pod.spec).to.include({ hostname: 'web-1', subdomain: 'web-headless' });
  });

  it('starts one pod after the other, each when the one before is ready', async () => {
    world = await World.start({ script: () => ({ readyAfter: 10_000 }) });
    await world.created(kinds.statefulSets, aStatefulSet('web'));
    expect(await world.podNames()).to.deep.equal(['web-0']);
    await world.advance(11);
    expect(await world.podNames()).to.deep.equal(['web-0', 'web-1']);
    await world.advance(20);
    expect(await world.podNames()).to.deep.equal(['web-0', 'web-1', 'web-2']);
  });

  it('starts all at once with Parallel, ready or not', async () => {
    world = await World.start({ script: () => ({ readyAfter: 'never' }) });
    await world.created(kinds.statefulSets, aStatefulSet('web', { podManagementPolicy: 'Parallel' }));
    expect(await world.podNames()).to.deep.equal(['web-0', 'web-1', 'web-2']);
  });

  it('shrinks from the highest number down, one at a time', async () => {
    world = await World.start({ script: () => ({ ignoresTerm: true }) });
    const web = await world.created(kinds.statefulSets, aStatefulSet('web'));
    await world.patched(kinds.statefulSets, web, { spec: { replicas: 1 } });
    const going = async () =>
      (await world.pods())
        .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
        .map(({ metadata }) => metadata.name);
    expect(await going()).to.deep.equal(['web-2']);
    await world.advance(31);
    expect(await going()).to.deep.equal(['web-1']);
    await world.advance(31);
    expect(await world.podNames()).to.deep.equal(['web-0']);
  });

  it('makes a deleted pod anew under the same name', async () => {
    world = await World.start();
    await world.created(kinds.statefulSets, aStatefulSet('web'));
    const before = await world.get(kinds.pods, 'web-1');
    await world.deleted(kinds.pods, before);
    await world.advance(31);
    const after = await world.get(kinds.pods, 'web-1');
    expect(after.metadata.uid).not.to.equal(before.metadata.uid);
  });

  it('makes a failed pod anew', async () => {
    world = await World.start({ nodes: [{ name: 'node-1', kubelet: 'none' }] });
    await world.created(kinds.statefulSets, aStatefulSet('web', { replicas: 1 }));
    const before = await world.get(kinds.pods, 'web-0');
    await world.cluster.client.merge(kinds.pods, 'default', 'web-0', { status: { phase: 'Failed' } }, 'status');
    await world.advance(31);
    expect((await world.get(kinds.pods, 'web-0')).metadata.uid).not.to.equal(before.metadata.uid);
  });

  it('rolls a new template from the highest number down and moves the current revision at the end', async () => {
    world = await World.start({ script: () => ({ readyAfter: 5_000 }) });
    const web = await world.created(kinds.statefulSets, aStatefulSet('web'));
    await world.advance(20);
    const first = (await world.get(kinds.statefulSets, 'web')).status!.currentRevision;
    await world.patched(kinds.statefulSets, web, {
      spec: { template: { spec: { containers: [container({ image: 'b' })] } } },
    });
    await world.advance(1);
    const images = async () => (await world.pods()).map((pod) => pod.spec.containers[0]!.image);
    expect(await images()).to.deep.equal(['example.dev/web:1', 'example.dev/web:1', 'b']);
    expect((await world.get(kinds.statefulSets, 'web')).status!.currentRevision).to.equal(first);
    await world.advance(60);
    expect(await images()).to.deep.equal(['b', 'b', 'b']);
    const { status } = await world.get(kinds.statefulSets, 'web');
    expect(status!.currentRevision).to.equal(status!.updateRevision);
    expect(status!.currentRevision).not.to.equal(first);
    expect(status).to.include({ replicas: 3, readyReplicas: 3, updatedReplicas: 3, currentReplicas: 3 });
  });

  it('leaves pods below the partition at the old revision, also when one has to be made anew', async () => {
    world = await World.start();
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    const web = await world.created(kinds.statefulSets, aStatefulSet('web', { updateStrategy }));
    await world.patched(kinds.statefulSets, web, {
      spec: { template: { spec: { containers: [container({ image: 'b' })] } } },
    });
    await world.advance(31);
    await world.deleted(kinds.pods, await world.get(kinds.pods, 'web-0'));
    await world.advance(31);
    const images = (await world.pods()).map((pod) => pod.spec.containers[0]!.image);
    expect(images).to.deep.equal(['example.dev/web:1', 'example.dev/web:1', 'b']);
  });

  it('leaves updates to whoever deletes the pods with OnDelete', async () => {
    world = await World.start();
    const web = await world.created(kinds.statefulSets, aStatefulSet('web', { updateStrategy: { type: 'OnDelete' } }));
    await world.patched(kinds.statefulSets, web, {
      spec: { template: { spec: { containers: [container({ image: 'b' })] } } },
    });
    await world.advance(60);
    expect((await world.get(kinds.pods, 'web-0')).spec.containers[0]!.image).to.equal('example.dev/web:1');
    await world.deleted(kinds.pods, await world.get(kinds.pods, 'web-0'));
    await world.advance(31);
    expect((await world.get(kinds.pods, 'web-0')).spec.containers[0]!.image).to.equal('b');
  });

  it('gives each pod its own volume claims, which outlive it', async () => {
    world = await World.start();
    const volumeClaimTemplates = [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ];
    const web = await world.created(kinds.statefulSets, aStatefulSet('web', { volumeClaimTemplates, replicas: 2 }));
    const claims = async () => (await world.all(kinds.persistentVolumeClaims)).map(({ metadata }) => metadata.name);
    expect(await claims()).to.deep.equal(['data-web-0', 'data-web-1']);
    expect((await world.get(kinds.pods, 'web-1')).spec.volumes).to.deep.include({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-web-1' },
    });
    await world.deleted(kinds.statefulSets, web);
    await world.advance(31);
    expect(await world.pods()).to.deep.equal([]);
    expect(await claims()).to.deep.equal(['data-web-0', 'data-web-1']);
  });

  it('writes nothing once it is done', async () => {
    world = await World.start();
    await world.created(kinds.statefulSets, aStatefulSet('web'));
    const before = (await world.cluster.client.list(kinds.pods)).resourceVersion;
    await world.advance(3600);
    expect((await world.cluster.client.list(kinds.pods)).resourceVersion).to.equal(before);
    expect(world.failures).to.deep.equal([]);
  });
});
