import { ApiServer, DevCluster, kinds, type Snapshot, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { type Event, Events, widget, widgetCrd } from '../conformance/api.js';
import { aDeployment } from '../support/world.js';

const widgets = { group: 'ex.io', version: 'v1', plural: 'widgets' };
const map = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

describe('snapshots', () => {
  let server: ApiServer;
  beforeEach(() => {
    server = new ApiServer({ clock: new VirtualClock() });
  });
  const dataOf = async (name: string) => (await server.client.get(kinds.configMaps, 'default', name))?.data;

  it('bring back what was changed and deleted, and take away what came later', async () => {
    await server.client.create(kinds.configMaps, map('changed', { a: '1' }));
    const deleted = await server.client.create(kinds.configMaps, map('deleted', { a: '1' }));
    const before = server.snapshot();
    await server.client.merge(kinds.configMaps, 'default', 'changed', { data: { a: '2' } });
    await server.client.delete(kinds.configMaps, 'default', 'deleted');
    await server.client.create(kinds.configMaps, map('later', {}));
    server.restore(before);
    expect([await dataOf('changed'), await dataOf('deleted')]).to.deep.equal([{ a: '1' }, { a: '1' }]);
    expect(await server.client.get(kinds.configMaps, 'default', 'later')).to.equal(undefined);
    const again = await server.client.get(kinds.configMaps, 'default', 'deleted');
    expect(again?.metadata.uid).to.equal(deleted.metadata.uid);
  });

  it('write only what differs, under revisions that go on', async () => {
    const kept = await server.client.create(kinds.configMaps, map('kept', {}));
    const changed = await server.client.create(kinds.configMaps, map('changed', { a: '1' }));
    const before = server.snapshot();
    await server.client.merge(kinds.configMaps, 'default', 'changed', { data: { a: '2' } });
    const journal = server.journal();
    server.restore(before);
    expect(journal.entries.map(({ type, name }) => `${type} ${name}`)).to.deep.equal(['MODIFIED changed']);
    const revision = async (name: string) =>
      Number((await server.client.get(kinds.configMaps, 'default', name))?.metadata.resourceVersion);
    expect(await revision('kept')).to.equal(Number(kept.metadata.resourceVersion));
    expect(await revision('changed')).to.be.greaterThan(Number(changed.metadata.resourceVersion) + 1);
    server.restore(before);
    expect(journal.entries).to.have.length(1);
  });

  it('show a watch that is open how it went', async () => {
    await server.client.create(kinds.configMaps, map('a', { a: '1' }));
    const before = server.snapshot();
    await server.client.delete(kinds.configMaps, 'default', 'a');
    const path = '/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=0';
    const { status, body } = await server.transport.request({ method: 'GET', path });
    const events = new Events(status, body, async () => undefined);
    server.restore(before);
    const seen: Event = await events.next();
    expect([seen.type, seen.object.data]).to.deep.equal(['ADDED', { a: '1' }]);
  });

  it('replace an object of another uid by deletion and creation', async () => {
    const first = await server.client.create(kinds.configMaps, map('a', {}));
    const before = server.snapshot();
    await server.client.delete(kinds.configMaps, 'default', 'a');
    await server.client.create(kinds.configMaps, map('a', {}));
    const journal = server.journal();
    server.restore(before);
    expect(journal.entries.map(({ type }) => type)).to.deep.equal(['DELETED', 'ADDED']);
    expect(journal.entries[1]?.object.metadata.uid).to.equal(first.metadata.uid);
  });

  it('bring definitions back with what they define, and take them away', async () => {
    const empty = server.snapshot();
    await server.client.create(kinds.customResourceDefinitions, widgetCrd() as Event);
    const made = widget('w', { size: 1 }, { namespace: 'default' }) as Event;
    await server.client.create(widgets, made);
    const full = server.snapshot();
    server.restore(empty);
    expect(server.registry.resources.get('ex.io', 'v1', 'widgets')).to.equal(undefined);
    server.restore(full);
    expect((await server.client.get(widgets, 'default', 'w'))?.spec).to.deep.include({ size: 1, mode: 'A' });
  });

  it('are plain JSON, and fill another server', async () => {
    await server.client.create(kinds.configMaps, map('a', { a: '1' }));
    const text = JSON.stringify(server.snapshot());
    server = new ApiServer();
    server.restore(JSON.parse(text) as Snapshot);
    expect(await dataOf('a')).to.deep.equal({ a: '1' });
  });

  it('bring a cluster at work back: its controllers and kubelets go on from there', async () => {
    const clock = new VirtualClock();
    const cluster = await DevCluster.start({ clock, nodes: [{ name: 'node-1' }] });
    try {
      await cluster.client.create(kinds.deployments, aDeployment('web', { replicas: 2 }));
      await clock.advance(60_000);
      const running = cluster.snapshot();
      await cluster.client.delete(kinds.deployments, 'default', 'web');
      await clock.advance(60_000);
      expect((await cluster.client.list(kinds.pods)).items).to.have.length(0);
      cluster.restore(running);
      await clock.advance(60_000);
      const pods = (await cluster.client.list(kinds.pods)).items;
      expect(pods.map(({ status }) => (status as Event).phase)).to.deep.equal(['Running', 'Running']);
      await cluster.client.merge(kinds.deployments, 'default', 'web', { spec: { replicas: 3 } });
      await clock.advance(60_000);
      const web: Event = await cluster.client.get(kinds.deployments, 'default', 'web');
      expect(web.status.readyReplicas).to.equal(3);
    } finally {
      await cluster.stop();
    }
  });

  it('from before a pod ran do not leave it behind: its kubelet tells again how it is', async () => {
    const clock = new VirtualClock();
    const cluster = await DevCluster.start({
      clock,
      nodes: [{ name: 'node-1' }],
      script: () => ({ readyAfter: 5_000 }),
    });
    try {
      await cluster.client.create(kinds.deployments, aDeployment('web', { replicas: 1 }));
      await clock.advance(1_000);
      const starting = cluster.snapshot();
      await clock.advance(60_000);
      cluster.restore(starting);
      await clock.advance(60_000);
      const web: Event = await cluster.client.get(kinds.deployments, 'default', 'web');
      expect(web.status.readyReplicas).to.equal(1);
    } finally {
      await cluster.stop();
    }
  });
});

describe('the write journal', () => {
  it('has each write in order, whoever made it, until it is stopped', async () => {
    const server = new ApiServer();
    const journal = server.journal();
    const path = '/apis/apps/v1/namespaces/default/deployments';
    await server.transport.request({ method: 'POST', path, body: JSON.stringify(aDeployment('web')) });
    await server.client.merge(kinds.deployments, 'default', 'web', { metadata: { labels: { a: 'b' } } });
    await server.client.merge(kinds.deployments, 'default', 'web', { metadata: { labels: { a: 'b' } } });
    await server.client.delete(kinds.deployments, 'default', 'web');
    expect(
      journal.entries.map(({ type, resource, namespace, name }) => [type, resource, namespace, name]),
    ).to.deep.equal(['ADDED', 'MODIFIED', 'DELETED'].map((type) => [type, 'deployments.apps', 'default', 'web']));
    expect(journal.entries[1]?.previous).to.equal(journal.entries[0]?.object);
    journal.clear();
    journal.stop();
    await server.client.create(kinds.configMaps, map('a', {}));
    expect(journal.entries).to.deep.equal([]);
  });
});
