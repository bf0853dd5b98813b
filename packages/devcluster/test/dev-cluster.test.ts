import { controllerNames, DevCluster, kinds, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { nodeImage } from './support/programs.js';
import { aDeployment, aJob, aPod, aService, aStatefulSet, World } from './support/world.js';

describe('DevCluster', () => {
  it('is a whole cluster: workloads of every kind come up together and leave nothing to do', async () => {
    const world = await World.start();
    await world.cluster.client.create(kinds.services, aService('web'));
    await world.cluster.client.create(kinds.deployments, aDeployment('web'));
    await world.cluster.client.create(kinds.statefulSets, aStatefulSet('db'));
    await world.cluster.client.create(kinds.jobs, aJob('migrate'));
    await world.advance(5);
    const phases = (await world.pods()).map(({ status }) => status!.phase).sort();
    expect(phases).to.deep.equal([...Array(6).fill('Running'), 'Succeeded']);
    expect(world.failures).to.deep.equal([]);
    await world.stop();
  });

  it('has nodes that are Ready when it has started', async () => {
    const world = await World.start({
      nodes: [{ name: 'gpu', shape: { cpu: 6, memory: '112Gi', gpus: 1 }, labels: { a: 'b' } }],
    });
    const node = await world.get(kinds.nodes, 'gpu', undefined);
    expect(node.metadata.labels).to.include({ a: 'b', 'kubernetes.io/hostname': 'gpu' });
    expect(node.status!.allocatable).to.include({ cpu: '6', 'nvidia.com/gpu': '1' });
    expect(node.status!.conditions!.find(({ type }) => type === 'Ready')!.status).to.equal('True');
    await world.stop();
  });

  for (const name of controllerNames) {
    it(`starts without the ${name} controller`, async () => {
      const world = await World.start({ controllers: controllerNames.filter((one) => one !== name) });
      await world.created(kinds.configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'c', namespace: 'default' },
      });
      expect(() => world.cluster.controller(name)).to.throw(`controller ${name} does not run here; running are: `);
      await world.stop();
    });
  }

  it('does only what its controllers do', async () => {
    const world = await World.start({ controllers: ['deployment'] });
    await world.created(kinds.deployments, aDeployment('web'));
    expect(await world.all(kinds.replicaSets)).to.have.length(1);
    expect(await world.pods()).to.deep.equal([]);
    await world.stop();
  });

  it('refuses a controller that does not exist, with the list of those that do', async () => {
    const message = await DevCluster.start({ controllers: ['cronjob' as never] }).catch(
      (error: Error) => error.message,
    );
    expect(message).to.equal(`there is no controller cronjob; there are: ${controllerNames.join(', ')}`);
  });

  it('refuses processes in virtual time, and processes together with a script', async () => {
    const refused = (options: object) => DevCluster.start(options).catch((error: Error) => error.message);
    expect(await refused({ clock: new VirtualClock(), images: [nodeImage] })).to.include('processes need real time');
    expect(await refused({ script: () => ({}), images: [nodeImage] })).to.include('not both');
  });

  it('lets a test look at every write before it counts', async () => {
    const seen: string[] = [];
    const world = await World.start({ admission: [({ resource }) => void seen.push(resource.plural)] });
    await world.created(kinds.pods, aPod('a'));
    expect(seen).to.include('pods');
    await world.stop();
  });

  it('speaks HTTPS with a kubeconfig', async () => {
    const cluster = await DevCluster.start();
    const { url, kubeconfig } = await cluster.listen();
    expect(kubeconfig()).to.include(url);
    await cluster.stop();
  });

  it('does nothing any more once it is stopped', async () => {
    const world = await World.start();
    await world.stop();
    await world.cluster.client.create(kinds.deployments, aDeployment('web'));
    await world.advance(3600);
    expect(await world.all(kinds.replicaSets)).to.deep.equal([]);
    expect(world.clock.pending).to.equal(0);
  });

  it('converges to the same in any order of creation', async () => {
    const shapes: string[] = [];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const world = await World.start({ nodes: [] });
      const steps = [
        () => world.created(kinds.services, aService('web')),
        () => world.created(kinds.statefulSets, aStatefulSet('web', { replicas: 2 })),
        () => world.created(kinds.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'late' } }),
      ];
      for (const step of order) await steps[step]!();
      await world.advance(60);
      const endpoints = await world.get(kinds.endpoints, 'web');
      shapes.push(JSON.stringify([await world.podNames(), (endpoints.subsets as unknown[] | undefined)?.length ?? 0]));
      await world.stop();
    }
    expect(new Set(shapes).size).to.equal(1);
  });
});
