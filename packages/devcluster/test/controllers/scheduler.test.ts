import { kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aPod, condition, container, World } from '../support/world.js';

const gpuNode = { name: 'gpu', shape: { cpu: 6, memory: '112Gi', gpus: 1 }, labels: { apps: 'phi-3' } };
const oneGpu = { containers: [container({ resources: { limits: { 'nvidia.com/gpu': '1' } } })] };
const affinity = (key: string, ...values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values }] }],
    },
  },
});

describe('the scheduler', () => {
  let world: World;
  afterEach(() => world.stop());

  const nodeOf = async (pod: string) => (await world.get(kinds.pods, pod)).spec.nodeName;
  const why = async (pod: string) => condition(await world.get(kinds.pods, pod), 'PodScheduled');

  it('binds a pod and says so', async () => {
    world = await World.start({ nodes: [{ name: 'only' }] });
    await world.created(kinds.pods, aPod('a'));
    expect(await nodeOf('a')).to.equal('only');
    expect(await why('a')).to.include({ status: 'True' });
    expect(await world.events('a')).to.include('Scheduled: Successfully assigned default/a to only');
  });

  it('spreads pods over the emptiest nodes', async () => {
    world = await World.start();
    const spec = { containers: [container({ resources: { requests: { cpu: '1' } } })] };
    for (const name of ['a', 'b', 'c', 'd']) await world.created(kinds.pods, aPod(name, spec));
    const nodes = (await world.pods()).map((pod) => pod.spec.nodeName).sort();
    expect(nodes).to.deep.equal(['node-1', 'node-1', 'node-2', 'node-2']);
  });

  it('says that there are no nodes', async () => {
    world = await World.start({ nodes: [] });
    await world.created(kinds.pods, aPod('a'));
    expect(await why('a')).to.include({
      status: 'False',
      reason: 'Unschedulable',
      message: 'no nodes available to schedule pods',
    });
    expect(await world.events('a')).to.deep.equal(['FailedScheduling: no nodes available to schedule pods']);
  });

  it('counts the reasons of all nodes in one sentence, as the real one does', async () => {
    world = await World.start({ nodes: [gpuNode, { name: 'plain' }] });
    await world.created(kinds.pods, aPod('first', oneGpu));
    await world.created(kinds.pods, aPod('second', { ...oneGpu, affinity: affinity('apps', 'phi-3') }));
    expect((await why('second'))!.message).to.equal(
      "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) didn't match Pod's node affinity/selector. " +
        'preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
    );
  });

  it('keeps off a tainted node unless the pod tolerates it', async () => {
    const taints = [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }];
    world = await World.start({ nodes: [{ ...gpuNode, taints }] });
    await world.created(kinds.pods, aPod('a', oneGpu));
    expect((await why('a'))!.message).to.include('1 node(s) had untolerated taint {sku: gpu}');
    const tolerations = [{ key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }];
    await world.created(kinds.pods, aPod('b', { ...oneGpu, tolerations }));
    expect(await nodeOf('b')).to.equal('gpu');
  });

  it('obeys nodeSelector and required node affinity', async () => {
    world = await World.start({ nodes: [{ name: 'plain' }, gpuNode] });
    await world.created(kinds.pods, aPod('a', { nodeSelector: { apps: 'phi-3' } }));
    await world.created(kinds.pods, aPod('b', { affinity: affinity('apps', 'phi-2', 'phi-3') }));
    await world.created(kinds.pods, aPod('c', { affinity: affinity('apps', 'phi-2') }));
    expect([await nodeOf('a'), await nodeOf('b'), await nodeOf('c')]).to.deep.equal(['gpu', 'gpu', undefined]);
  });

  it('does not use a cordoned node', async () => {
    world = await World.start({ nodes: [{ name: 'only' }] });
    await world.patched(kinds.nodes, await world.get(kinds.nodes, 'only', undefined), {
      spec: { unschedulable: true },
    });
    await world.created(kinds.pods, aPod('a'));
    expect((await why('a'))!.message).to.include('1 node(s) were unschedulable');
  });

  it('looks again when a node gets what the pod waits for', async () => {
    world = await World.start({ nodes: [{ name: 'plain' }] });
    await world.created(kinds.pods, aPod('a', oneGpu));
    expect((await why('a'))!.message).to.equal(
      '0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
    const patch = { status: { capacity: { 'nvidia.com/gpu': '1' }, allocatable: { 'nvidia.com/gpu': '1' } } };
    await world.cluster.client.merge(kinds.nodes, undefined, 'plain', patch, 'status');
    await world.cluster.settled();
    expect(await nodeOf('a')).to.equal('plain');
  });

  it('looks again when a pod frees its share', async () => {
    world = await World.start({ nodes: [gpuNode] });
    const first = await world.created(kinds.pods, aPod('first', oneGpu));
    await world.created(kinds.pods, aPod('second', oneGpu));
    expect(await nodeOf('second')).to.equal(undefined);
    await world.deleted(kinds.pods, first);
    await world.advance(31);
    expect(await nodeOf('second')).to.equal('gpu');
  });

  it('does not count the share of a pod that has ended', async () => {
    world = await World.start({ nodes: [gpuNode], script: () => ({ exit: { after: 1_000, code: 0 } }) });
    await world.created(kinds.pods, aPod('first', { ...oneGpu, restartPolicy: 'Never' }));
    await world.created(kinds.pods, aPod('second', { ...oneGpu, restartPolicy: 'Never' }));
    await world.advance(2);
    expect(await nodeOf('second')).to.equal('gpu');
  });

  it('never gives the same GPU to two pods made at the same time', async () => {
    world = await World.start({ nodes: [gpuNode] });
    await Promise.all(['a', 'b', 'c'].map((name) => world.cluster.client.create(kinds.pods, aPod(name, oneGpu))));
    await world.cluster.settled();
    expect((await world.pods()).filter((pod) => pod.spec.nodeName !== undefined)).to.have.length(1);
  });

  it('takes the larger of all containers together and the largest init container', async () => {
    world = await World.start({ nodes: [{ name: 'small', shape: { cpu: 2, memory: '4Gi' } }] });
    const ask = (cpu: string) => container({ name: `c${cpu}`, resources: { requests: { cpu } } });
    await world.created(kinds.pods, aPod('a', { initContainers: [ask('3')], containers: [ask('1')] }));
    expect((await why('a'))!.message).to.include('1 Insufficient cpu');
    await world.created(kinds.pods, aPod('b', { initContainers: [ask('2')], containers: [ask('1')] }));
    expect(await nodeOf('b')).to.equal('small');
  });

  it('leaves a gated pod alone and says why', async () => {
    world = await World.start();
    await world.created(kinds.pods, aPod('a', { schedulingGates: [{ name: 'example.dev/wait' }] }));
    expect(await why('a')).to.include({ status: 'False', reason: 'SchedulingGated' });
  });

  it('leaves pods of another scheduler alone', async () => {
    world = await World.start();
    await world.created(kinds.pods, aPod('a', { schedulerName: 'mine' }));
    expect(await why('a')).to.equal(undefined);
    expect(await nodeOf('a')).to.equal(undefined);
  });
});
