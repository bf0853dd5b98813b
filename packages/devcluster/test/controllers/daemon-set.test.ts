import { type DaemonSet, kinds, type Pod } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aDaemonSet, World } from '../support/world.js';

describe('a DaemonSet', () => {
  let world: World;
  afterEach(() => world.stop());

  const start = async (options: Parameters<typeof World.start>[0] = {}): Promise<void> => {
    world = await World.start(options);
  };
  const onNodes = async (): Promise<string[]> =>
    (await world.pods())
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ spec }) => spec.nodeName ?? 'none')
      .sort();
  const status = async (): Promise<DaemonSet['status']> => (await world.get(kinds.daemonSets, 'agent')).status;
  const images = async (): Promise<string[]> =>
    (await world.pods()).map(({ spec }) => spec.containers[0]?.image ?? '').sort();
  const newImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });

  it('runs one pod on each node, and on each that joins later', async () => {
    await start();
    const set = await world.created(kinds.daemonSets, aDaemonSet('agent'));
    await world.advance(5);
    expect(await onNodes()).to.deep.equal(['node-1', 'node-2']);
    const { metadata } = (await world.get(kinds.nodes, 'node-1', undefined)) as { metadata: object };
    await world.created(kinds.nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { ...metadata, name: 'node-3', uid: '', resourceVersion: '' },
    });
    await world.advance(5);
    expect(await onNodes()).to.deep.equal(['node-1', 'node-2', 'node-3']);
    expect((await world.pods())[0]?.metadata.ownerReferences?.[0]).to.deep.include({
      kind: 'DaemonSet',
      controller: true,
    });
    expect(await status()).to.deep.include({
      observedGeneration: set.metadata.generation,
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberMisscheduled: 0,
    });
    expect(await world.events('agent')).to.have.length(3);
    expect((await world.events('agent'))[0]).to.match(/^SuccessfulCreate: Created pod: agent-\w+$/);
  });

  it('says how many are ready and available, and goes with its pods', async () => {
    await start({ script: () => ({ readyAfter: 10_000 }) });
    const set = await world.created(kinds.daemonSets, aDaemonSet('agent', { minReadySeconds: 20 }));
    await world.advance(5);
    expect(await status()).to.deep.include({ numberReady: 0, numberUnavailable: 2 });
    await world.advance(6);
    expect(await status()).to.deep.include({ numberReady: 2, numberUnavailable: 2 });
    await world.advance(20);
    expect(await status()).to.deep.include({ numberReady: 2, numberAvailable: 2 });
    expect(await status()).to.not.have.property('numberUnavailable');
    await world.deleted(kinds.daemonSets, set);
    await world.advance(60);
    expect(await world.pods()).to.deep.equal([]);
  });

  it('keeps to nodes that its selector picks and its tolerations allow, and ignores what daemons have to bear', async () => {
    await start({
      nodes: [
        { name: 'plain' },
        { name: 'labelled', labels: { disk: 'fast' } },
        { name: 'tainted', labels: { disk: 'fast' }, taints: [{ key: 'team', value: 'a', effect: 'NoSchedule' }] },
        { name: 'cordoned', labels: { disk: 'fast' } },
      ],
    });
    const cordoned = await world.get(kinds.nodes, 'cordoned', undefined);
    await world.patched(kinds.nodes, cordoned, { spec: { unschedulable: true } });
    await world.created(kinds.daemonSets, aDaemonSet('agent', {}, { nodeSelector: { disk: 'fast' } }));
    await world.advance(5);
    expect(await onNodes()).to.deep.equal(['cordoned', 'labelled']);
    const plain = await world.get(kinds.nodes, 'plain', undefined);
    await world.patched(kinds.nodes, plain, { metadata: { labels: { disk: 'fast' } } });
    await world.advance(5);
    expect(await onNodes()).to.deep.equal(['cordoned', 'labelled', 'plain']);
    await world.patched(kinds.nodes, await world.get(kinds.nodes, 'labelled', undefined), {
      metadata: { labels: { disk: 'slow' } },
    });
    await world.advance(60);
    expect(await onNodes()).to.deep.equal(['cordoned', 'plain']);
  });

  it('leaves a pod where a taint came that only keeps others out, and takes it from where one evicts', async () => {
    await start();
    await world.created(kinds.daemonSets, aDaemonSet('agent'));
    await world.advance(5);
    const taint = async (node: string, effect: string) =>
      world.patched(kinds.nodes, await world.get(kinds.nodes, node, undefined), {
        spec: { taints: [{ key: 'team', effect }] },
      });
    await taint('node-1', 'NoSchedule');
    await taint('node-2', 'NoExecute');
    await world.advance(60);
    expect(await onNodes()).to.deep.equal(['node-1']);
    expect(await status()).to.deep.include({ desiredNumberScheduled: 0, numberMisscheduled: 1 });
  });

  it('replaces a pod that failed or was deleted', async () => {
    await start({ nodes: [{ name: 'node-1' }] });
    await world.created(kinds.daemonSets, aDaemonSet('agent'));
    await world.advance(5);
    const [first] = await world.pods();
    await world.deleted(kinds.pods, first as Pod);
    await world.advance(60);
    const [second] = await world.pods();
    expect(second?.metadata.uid).to.not.equal(first?.metadata.uid);
    await world.cluster.client.merge(
      kinds.pods,
      'default',
      second?.metadata.name ?? '',
      { status: { phase: 'Failed' } },
      'status',
    );
    await world.advance(60);
    const [third] = await world.pods();
    expect(third?.metadata.uid).to.not.equal(second?.metadata.uid);
    expect((await world.events('agent')).join('\n')).to.contain(
      `FailedDaemonPod: Found failed daemon pod default/${second?.metadata.name} on node node-1`,
    );
  });

  it('rolls a new template out one node at a time, keeps its revisions, and never takes more than it may', async () => {
    await start({ nodes: [1, 2, 3].map((n) => ({ name: `node-${n}` })), script: () => ({ readyAfter: 10_000 }) });
    const set = await world.created(kinds.daemonSets, aDaemonSet('agent'));
    await world.advance(30);
    await world.patched(kinds.daemonSets, set, newImage('agent:2'));
    let fewest = 3;
    for (let second = 0; second < 150; second++) {
      await world.advance(1);
      fewest = Math.min(fewest, (await status())?.numberAvailable ?? 0);
    }
    expect(fewest).to.equal(2);
    expect(await images()).to.deep.equal(['agent:2', 'agent:2', 'agent:2']);
    expect(await status()).to.deep.include({ updatedNumberScheduled: 3, numberAvailable: 3, observedGeneration: 2 });
    const revisions = (await world.all(kinds.controllerRevisions)).map(({ revision }) => revision);
    expect(revisions.sort()).to.deep.equal([1, 2]);
  });

  it('with a surge starts the new pod beside the old one', async () => {
    await start({ script: () => ({ readyAfter: 10_000 }) });
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const set = await world.created(kinds.daemonSets, aDaemonSet('agent', { updateStrategy }));
    await world.advance(30);
    await world.patched(kinds.daemonSets, set, newImage('agent:2'));
    let most = 0;
    for (let second = 0; second < 150; second++) {
      await world.advance(1);
      expect((await status())?.numberReady).to.equal(2);
      most = Math.max(most, (await onNodes()).length);
    }
    expect(most).to.equal(3);
    expect(await images()).to.deep.equal(['agent:2', 'agent:2']);
  });

  it('with OnDelete changes a pod only when somebody deletes it', async () => {
    await start();
    const set = await world.created(kinds.daemonSets, aDaemonSet('agent', { updateStrategy: { type: 'OnDelete' } }));
    await world.advance(5);
    await world.patched(kinds.daemonSets, set, newImage('agent:2'));
    await world.advance(60);
    expect(await images()).to.deep.equal(['agent:1', 'agent:1']);
    await world.deleted(kinds.pods, (await world.pods())[0] as Pod);
    await world.advance(60);
    expect(await images()).to.deep.equal(['agent:1', 'agent:2']);
  });

  it('adopts pods that it picks and nobody owns', async () => {
    await start({ nodes: [{ name: 'node-1' }] });
    const set = await world.created(kinds.daemonSets, aDaemonSet('agent'));
    await world.advance(5);
    await world.deleted(kinds.daemonSets, set, { propagationPolicy: 'Orphan' });
    await world.advance(5);
    const [orphan] = await world.pods();
    expect(orphan?.metadata.ownerReferences ?? []).to.deep.equal([]);
    const again = await world.created(kinds.daemonSets, aDaemonSet('agent'));
    await world.advance(60);
    const pods = await world.pods();
    expect(pods).to.have.length(1);
    expect(pods[0]?.metadata.uid).to.equal(orphan?.metadata.uid);
    expect(pods[0]?.metadata.ownerReferences?.[0]?.uid).to.equal(again.metadata.uid);
  });
});
