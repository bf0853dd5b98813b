import { expect } from 'chai';
import { NODE_CLAIMS, NODES, phiWorkspace, World } from './support/world.js';

const T4 = 'Standard_NC4as_T4_v3';
const MINUTE = 60_000;

describe('the operator on nodes of your own, in virtual time', function () {
  this.timeout(120_000);
  let world: World;
  afterEach(() => world.stop());
  const start = async (gpus: number) => {
    const labels = { apps: 'shared', 'node.kubernetes.io/instance-type': T4 };
    const shape = { cpu: 32, memory: '256Gi', gpus, ephemeralStorage: '1Ti' };
    world = await World.start({ nodes: [{ name: 'own', labels, shape }] }, {}, { provisioner: 'byo' });
    await world.operate();
  };
  const workspace = (name: string) => ({
    ...phiWorkspace({ name }),
    resource: { instanceType: T4, labelSelector: { matchLabels: { apps: 'shared' } } },
  });

  it('runs two Workspaces on one node with two GPUs, and asks nobody for a node', async () => {
    await start(2);
    await world.apply(workspace('one'));
    await world.apply(workspace('two'));
    await world.untilReady('one');
    await world.untilReady('two');
    expect((await world.workspace('two'))?.status?.workerNodes).to.deep.equal(['own']);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
  });

  it('makes the second one wait with the reason, and serves it when a GPU is given back; the node stays', async () => {
    await start(1);
    await world.apply(workspace('one'));
    await world.untilReady('one');
    await world.apply(workspace('two'));
    await world.clock.advance(120_000);
    expect((await world.condition('NodeClaimReady', 'two'))?.message).to.match(/own has 0 of 1 nvidia\.com\/gpu free/);
    await world.delete('one');
    await world.untilGone('one');
    await world.untilReady('two');
    await world.delete('two');
    await world.untilGone('two');
    expect(await world.names(NODES)).to.deep.equal(['own']);
    const [node] = (await world.cluster.client.list(NODES)).items;
    expect(JSON.stringify(node?.metadata)).to.not.include('byo.kaito-sdk.dev');
  });

  for (const alternatives of [[], [{ instanceType: 'Standard_NC8as_T4_v3' }, {}]]) {
    const rungs = alternatives.length === 0 ? 'one machine' : 'a ladder';
    it(`finds a node within ten minutes of its being labelled, however long none was there: ${rungs}`, async () => {
      const shape = { cpu: 32, memory: '256Gi', gpus: 1, ephemeralStorage: '1Ti' };
      world = await World.start({ nodes: [{ name: 'own', shape }] }, {}, { provisioner: 'byo' });
      await world.operate();
      const { resource, ...rest } = workspace('one');
      await world.apply({ ...rest, resource: { ...resource, alternatives } } as never);
      await world.clock.advance(100 * MINUTE);
      const { message } = (await world.condition('NodeClaimReady', 'one')) ?? {};
      expect(message).to.match(alternatives.length === 0 ? /own has no label apps=shared/ : /within 10 minutes/);
      const labels = { apps: 'shared', 'node.kubernetes.io/instance-type': T4 };
      await world.cluster.client.merge(NODES, undefined, 'own', { metadata: { labels } });
      await world.clock.advance(10 * MINUTE);
      expect((await world.workspace('one'))?.status?.workerNodes).to.deep.equal(['own']);
      await world.untilReady('one');
    });
  }

  it('plans by what a node says of itself: no type is named, none is labelled, and no catalog knows the machine', async () => {
    const labels = {
      apps: 'lab',
      'nvidia.com/gpu.product': 'NVIDIA-RTX-6000-Ada-Generation',
      'nvidia.com/gpu.count': '1',
      'nvidia.com/gpu.memory': '46068',
      'nvidia.com/cuda.compute.major': '8',
      'nvidia.com/cuda.compute.minor': '9',
    };
    const shape = { cpu: 32, memory: '256Gi', gpus: 1, ephemeralStorage: '1Ti' };
    world = await World.start({ nodes: [{ name: 'lab', labels, shape }] }, {}, { provisioner: 'byo' });
    await world.operate();
    await world.apply({ ...workspace('demo'), resource: { labelSelector: { matchLabels: { apps: 'lab' } } } });
    await world.untilReady('demo');
    const status = (await world.workspace('demo'))?.status;
    expect(status?.workerNodes).to.deep.equal(['lab']);
    const plan = status?.plan;
    if (!plan?.feasible) throw new Error('expected a Plan');
    expect(plan.nodes.gpu).to.deep.include({ model: 'NVIDIA RTX 6000 Ada Generation', computeCapability: 8.9 });
    expect(plan.memory.gpuBytes).to.equal(46_068 * 2 ** 20);
    expect(plan.runtime.name).to.equal('vllm');
  });
});
