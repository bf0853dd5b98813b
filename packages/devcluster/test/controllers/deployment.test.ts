import { type Deployment, kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aDeployment, condition, container, World } from '../support/world.js';

describe('the deployment controller', () => {
  let world: World;
  afterEach(() => world.stop());

  it('brings up as many ready pods as asked for and reports them', async () => {
    world = await World.start();
    await world.created(kinds.deployments, aDeployment('web'));
    const deployment = await world.get(kinds.deployments, 'web');
    expect(deployment.status).to.include({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(deployment.status).not.to.have.property('unavailableReplicas');
    expect(condition(deployment, 'Available')).to.include({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(condition(deployment, 'Progressing')).to.include({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(await world.pods()).to.have.length(3);
    expect(world.failures).to.deep.equal([]);
  });

  it('puts the template hash on the ReplicaSet and its pods, and the revision on both', async () => {
    world = await World.start();
    await world.created(kinds.deployments, aDeployment('web'));
    const [set] = await world.all(kinds.replicaSets);
    const hash = set!.metadata.labels!['pod-template-hash'];
    expect(set!.metadata.name).to.equal(`web-${hash}`);
    for (const pod of await world.pods()) {
      expect(pod.metadata.labels).to.include({ app: 'web', 'pod-template-hash': hash });
      expect(pod.metadata.name).to.match(new RegExp(`^web-${hash}-[a-z0-9]{5}$`));
    }
    expect(set!.metadata.annotations).to.include({ 'deployment.kubernetes.io/revision': '1' });
    expect((await world.get(kinds.deployments, 'web')).metadata.annotations).to.include({
      'deployment.kubernetes.io/revision': '1',
    });
  });

  it('writes nothing once it is done', async () => {
    world = await World.start();
    await world.created(kinds.deployments, aDeployment('web'));
    const before = (await world.cluster.client.list(kinds.pods)).resourceVersion;
    await world.advance(3600);
    expect((await world.cluster.client.list(kinds.pods)).resourceVersion).to.equal(before);
  });

  it('follows a change of the size', async () => {
    world = await World.start();
    const web = await world.created(kinds.deployments, aDeployment('web'));
    await world.patched(kinds.deployments, web, { spec: { replicas: 5 } });
    expect(await world.pods()).to.have.length(5);
    await world.patched(kinds.deployments, web, { spec: { replicas: 1 } });
    await world.advance(40);
    expect(await world.pods()).to.have.length(1);
    expect(await world.events('web')).to.include.members([
      `ScalingReplicaSet: Scaled up replica set ${await setName(world)} from 0 to 3`,
      `ScalingReplicaSet: Scaled up replica set ${await setName(world)} from 3 to 5`,
      `ScalingReplicaSet: Scaled down replica set ${await setName(world)} from 5 to 1`,
    ]);
  });

  it('replaces a pod that somebody deletes', async () => {
    world = await World.start();
    await world.created(kinds.deployments, aDeployment('web'));
    const [victim] = await world.pods();
    await world.deleted(kinds.pods, victim!);
    await world.advance(31);
    const names = await world.podNames();
    expect(names).to.have.length(3);
    expect(names).not.to.include(victim!.metadata.name);
  });

  it('rolls to a new template without ever missing more than maxUnavailable or exceeding maxSurge', async () => {
    world = await World.start({ script: () => ({ readyAfter: 10_000 }) });
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const web = await world.created(kinds.deployments, aDeployment('web', { strategy }));
    await world.advance(11);
    const ready: number[] = [];
    const sizes: number[] = [];
    const stop = world.cluster.client.watch(kinds.deployments, {}, ({ object }) => {
      const { status } = object as Deployment;
      ready.push(status?.availableReplicas ?? 0);
      sizes.push(status?.replicas ?? 0);
    });
    await world.patched(kinds.deployments, web, {
      spec: { template: { spec: { containers: [container({ image: 'example.dev/web:2' })] } } },
    });
    await world.advance(300);
    stop();
    expect(Math.min(...ready)).to.equal(3);
    expect(Math.max(...sizes)).to.equal(4);
    const images = (await world.pods()).map((pod) => pod.spec.containers[0]!.image);
    expect(images).to.deep.equal(['example.dev/web:2', 'example.dev/web:2', 'example.dev/web:2']);
    expect(condition(await world.get(kinds.deployments, 'web'), 'Progressing')).to.include({
      reason: 'NewReplicaSetAvailable',
    });
  });

  it('with maxSurge 0 takes a pod away before it makes another, as KAITO 0.3 asks for', async () => {
    world = await World.start({ script: () => ({ readyAfter: 10_000 }) });
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };
    const web = await world.created(kinds.deployments, aDeployment('web', { strategy, replicas: 1 }));
    await world.advance(11);
    await world.patched(kinds.deployments, web, {
      spec: { template: { metadata: { labels: { app: 'web', v: '2' } } } },
    });
    const live = (await world.pods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    expect(live).to.have.length(1);
    expect(live[0]!.metadata.labels).to.include({ v: '2' });
  });

  it('with Recreate makes no new pod while an old one is still there', async () => {
    world = await World.start({ script: () => ({ ignoresTerm: true }) });
    const web = await world.created(kinds.deployments, aDeployment('web', { strategy: { type: 'Recreate' } }));
    await world.patched(kinds.deployments, web, {
      spec: { template: { metadata: { labels: { app: 'web', v: '2' } } } },
    });
    expect((await world.pods()).every(({ metadata }) => metadata.labels?.v === undefined)).to.equal(true);
    await world.advance(31);
    const pods = await world.pods();
    expect(pods).to.have.length(3);
    expect(pods.every(({ metadata }) => metadata.labels?.v === '2')).to.equal(true);
  });

  it('goes back to the old ReplicaSet when the old template comes back', async () => {
    world = await World.start();
    const web = await world.created(kinds.deployments, aDeployment('web'));
    const first = await setName(world);
    await world.patched(kinds.deployments, web, {
      spec: { template: { spec: { containers: [container({ image: 'b' })] } } },
    });
    await world.advance(60);
    await world.patched(kinds.deployments, web, { spec: { template: { spec: { containers: [container()] } } } });
    await world.advance(60);
    const sets = await world.all(kinds.replicaSets);
    expect(sets).to.have.length(2);
    const current = sets.find(({ spec }) => spec.replicas === 3)!;
    expect(current.metadata.name).to.equal(first);
    expect(current.metadata.annotations).to.include({ 'deployment.kubernetes.io/revision': '3' });
  });

  it('keeps only as many old ReplicaSets as revisionHistoryLimit says', async () => {
    world = await World.start();
    const web = await world.created(kinds.deployments, aDeployment('web', { revisionHistoryLimit: 1 }));
    for (const image of ['b', 'c', 'd']) {
      await world.patched(kinds.deployments, web, {
        spec: { template: { spec: { containers: [container({ image })] } } },
      });
      await world.advance(60);
    }
    const images = (await world.all(kinds.replicaSets)).map(({ spec }) => spec.template.spec.containers[0]!.image);
    expect(images.sort()).to.deep.equal(['c', 'd']);
  });

  it('says ProgressDeadlineExceeded when the pods do not get ready in time, and that it went well when they do later', async () => {
    world = await World.start({ script: () => ({ readyAfter: 90_000 }) });
    await world.created(kinds.deployments, aDeployment('web', { progressDeadlineSeconds: 60 }));
    await world.advance(61);
    const name = await setName(world);
    expect(condition(await world.get(kinds.deployments, 'web'), 'Progressing')).to.include({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${name}" has timed out progressing.`,
    });
    await world.advance(30);
    expect(condition(await world.get(kinds.deployments, 'web'), 'Progressing')).to.include({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${name}" has successfully progressed.`,
    });
  });

  it('leaves a paused rollout alone, and follows its size', async () => {
    world = await World.start();
    const web = await world.created(kinds.deployments, aDeployment('web'));
    await world.patched(kinds.deployments, web, {
      spec: { paused: true, template: { spec: { containers: [container({ image: 'b' })] } } },
    });
    expect(await world.all(kinds.replicaSets)).to.have.length(1);
    await world.patched(kinds.deployments, web, { spec: { replicas: 4 } });
    expect(await world.pods()).to.have.length(4);
    await world.patched(kinds.deployments, web, { spec: { paused: false } });
    await world.advance(60);
    expect((await world.pods()).map((pod) => pod.spec.containers[0]!.image)).to.deep.equal(['b', 'b', 'b', 'b']);
  });

  it('counts a pod as available only after minReadySeconds', async () => {
    world = await World.start();
    await world.created(kinds.deployments, aDeployment('web', { minReadySeconds: 30, replicas: 1 }));
    await world.advance(29);
    expect((await world.get(kinds.deployments, 'web')).status).to.include({ readyReplicas: 1, unavailableReplicas: 1 });
    await world.advance(2);
    expect((await world.get(kinds.deployments, 'web')).status).to.include({ availableReplicas: 1 });
  });
});

async function setName(world: World): Promise<string> {
  return (await world.all(kinds.replicaSets))[0]!.metadata.name;
}
