import type { KubeObject } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { missingReferences } from '../../dist/workspace/missing-references.js';
import { FakeCluster, World } from './support/pass.js';

/** The workload as it stands, with pods that answer. */
function liveWorkload(world: World): { key: string; object: KubeObject } {
  const [key, object] = [...world.cluster.objects].find(([, { kind }]) => kind === 'Deployment') ?? [];
  if (!key || !object) throw new Error('no workload was applied');
  return { key, object };
}

describe('a change of what runs in the only pod', () => {
  /** A Workspace that is up, of which an earlier rendering is live: with another image in its pod, or another label around it. */
  async function upWith(change: (object: KubeObject) => KubeObject): Promise<World> {
    const world = new World(aWorkspace());
    await world.up();
    const { key, object } = liveWorkload(world);
    world.cluster.objects.set(key, change({ ...object, status: { readyReplicas: 1 } }));
    world.cluster.calls.length = 0;
    world.events = [];
    return world;
  }
  const otherImage = (object: KubeObject): KubeObject =>
    JSON.parse(JSON.stringify(object).replace(/"image":"[^"]*"/, '"image":"x/y:0"'));

  it('is announced in the status before it is done, because nothing answers in between', async () => {
    const world = await upWith(otherImage);
    await world.pass();
    const [announced, applied] = ['status', 'apply'].map((what) =>
      world.cluster.calls.findIndex((call) => call.startsWith(what)),
    );
    expect(announced).to.be.at.least(0).and.below(applied!);
    expect(world.events).to.include('Warning ModelRestarting');
  });

  it('says nothing against the nodes, which stay ready as long as they have been', async () => {
    const world = await upWith(otherImage);
    const nodes = ['NodeClaimReady', 'ResourceReady'];
    const before = nodes.map((type) => world.condition(type));
    world.now += 3_600_000;
    await world.pass();
    expect(nodes.map((type) => world.condition(type))).to.deep.equal(before);
    expect(world.events.filter((event) => event.endsWith('ModelRestarting'))).to.have.length(1);
  });

  it('is not announced where only something around the pods changes', async () => {
    const world = await upWith((object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { some: 'label' } },
    }));
    await world.pass();
    expect(world.events).not.to.include('Warning ModelRestarting');
  });

  it('is not announced where nobody would notice: the old pod does not answer', async () => {
    const world = await upWith((object) => ({ ...otherImage(object), status: {} }));
    await world.pass();
    expect(world.events).not.to.include('Warning ModelRestarting');
  });
});

describe('what pods refer to', () => {
  const pods = (spec: object): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'demo' },
    spec: { template: { spec } },
  });
  const missing = (cluster: FakeCluster, spec: object, more: readonly KubeObject[] = []) =>
    missingReferences(aWorkspace(), cluster, [...more, pods(spec)]);
  const token = {
    containers: [{ env: [{ name: 'T', valueFrom: { secretKeyRef: { name: 'hub', key: 'HF_TOKEN' } } }] }],
  };

  it('is missed by name before a node is asked for', async () => {
    const cluster = new FakeCluster();
    expect(await missing(cluster, token)).to.match(/no Secret hub with the key HF_TOKEN, so no node was asked for/);
    cluster.data.set('Secret/hub', ['other']);
    expect(await missing(cluster, token)).to.match(/HF_TOKEN/);
    cluster.data.set('Secret/hub', ['HF_TOKEN']);
    expect(await missing(cluster, token)).to.equal(undefined);
  });

  it('includes volumes of all containers, with the keys that are mounted', async () => {
    const spec = {
      initContainers: [{ name: 'loader' }],
      volumes: [
        { name: 'a', secret: { secretName: 'pull' } },
        { name: 'b', configMap: { name: 'mine', items: [{ key: 'inference_config.yaml', path: 'x' }] } },
      ],
    };
    const cluster = new FakeCluster();
    expect(await missing(cluster, spec)).to.match(
      /no Secret pull, and no ConfigMap mine with the key inference_config\.yaml/,
    );
  });

  it('does not include what is optional, or what we make ourselves', async () => {
    const spec = {
      containers: [{ env: [{ name: 'T', valueFrom: { secretKeyRef: { name: 'hub', key: 'k', optional: true } } }] }],
      volumes: [
        { name: 'a', secret: { secretName: 'pull', optional: true } },
        { name: 'b', configMap: { name: 'ours' } },
        { name: 'c', emptyDir: {} },
      ],
    };
    const ours: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ours' } };
    expect(await missing(new FakeCluster(), spec, [ours])).to.equal(undefined);
  });

  it('is not missed where we may not look', async () => {
    const cluster = new FakeCluster();
    cluster.has = async () => undefined;
    expect(await missing(cluster, token)).to.equal(undefined);
  });
});
