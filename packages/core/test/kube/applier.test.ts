import {
  Applier,
  CONFIG_MAPS,
  type KubeObject,
  ownerReference,
  RestClient,
  SERVICES,
  WatchCache,
  writeThrough,
} from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { GADGETS, TestServer, WIDGETS } from '../engine/support/test-server.js';
import { widget } from '../engine/support/widgets.js';

const path = '/api/v1/namespaces/default/configmaps';

describe('the applier', () => {
  let server: TestServer;
  let clock: VirtualClock;
  let client: RestClient;
  let cache: WatchCache;
  let owner: KubeObject;
  let applier: Applier;

  beforeEach(async () => {
    clock = new VirtualClock();
    server = await TestServer.start(clock);
    client = new RestClient({ transport: server, clock, random: () => 0 });
    cache = new WatchCache({ transport: server, clock, random: () => 0 });
    applier = make();
    owner = await client.create(WIDGETS, widget('w', 1));
    server.writes.length = 0;
  });

  afterEach(async () => {
    cache.stop();
    await clock.settle();
  });

  function make(removable?: (object: KubeObject) => boolean): Applier {
    return new Applier({
      client: writeThrough(client, cache),
      cache,
      fieldManager: 'widget-operator',
      inventory: [CONFIG_MAPS, SERVICES],
      ...(removable === undefined ? {} : { removable }),
    });
  }

  const map = (name: string, data: Record<string, unknown> = { k: 'v' }, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...more },
    data,
  });

  it('gives each object its namespace, its owner and a fingerprint, and answers what is live', async () => {
    const { live, written } = await applier.apply([map('a')], owner);
    expect(live).to.deep.equal(written);
    expect(live[0]?.metadata).to.deep.include({ namespace: 'default', ownerReferences: [ownerReference(owner)] });
    expect(live[0]?.metadata.annotations?.['kaito-sdk.io/rendered']).to.match(/^created:[\w-]{22}$/);
  });

  it('makes no request for what is as rendered, before and after the watch has told of it', async () => {
    await applier.apply([map('a'), map('b')], owner);
    server.writes.length = 0;
    await applier.apply([map('a'), map('b')], owner);
    await clock.settle();
    const { live, written } = await applier.apply([map('a'), map('b')], owner);
    expect([live.length, written.length]).to.deep.equal([2, 0]);
    expect(await make().apply([map('a'), map('b')], owner)).to.deep.include({ written: [], removed: [] });
    expect(server.writes).to.be.empty;
  });

  it('writes only what changed', async () => {
    await applier.apply([map('a'), map('b')], owner);
    await clock.settle();
    server.writes.length = 0;
    await applier.apply([map('a'), map('b', { k: 'new' })], owner);
    expect(server.writes, 'the fields that the create wrote are handed over once').to.deep.equal(
      Array(2).fill(`PATCH ${path}/b`),
    );
    server.writes.length = 0;
    await applier.apply([map('a'), map('b', { k: 'newer' })], owner);
    expect(server.writes).to.deep.equal([`PATCH ${path}/b`]);
  });

  it('sees that a key is no longer rendered, though the live object covers all that is', async () => {
    await applier.apply([map('a', { k: 'v', old: 'x' })], owner);
    await clock.settle();
    server.writes.length = 0;
    await applier.apply([map('a', { k: 'v' })], owner);
    expect(server.writes).to.not.be.empty;
    expect((await server.at(CONFIG_MAPS, 'a'))?.data).to.deep.equal({ k: 'v' });
  });

  it('does not care in which order keys are rendered', async () => {
    await applier.apply([map('a', { k: 'v', l: 'w' })], owner);
    await clock.settle();
    server.writes.length = 0;
    await applier.apply([map('a', { l: 'w', k: 'v' })], owner);
    expect(server.writes).to.be.empty;
  });

  it('asks once about a difference that the server does not care about, and not again', async () => {
    const gadgets = () =>
      new Applier({ client: writeThrough(client, cache), cache, fieldManager: 'm', inventory: [GADGETS] });
    const rendered: KubeObject = {
      apiVersion: 'ex.io/v1',
      kind: 'Gadget',
      metadata: { name: 'g' },
      spec: { tags: ['ours'] },
    };
    applier = gadgets();
    await applier.apply([{ ...rendered, spec: { tags: ['before'] } }], owner);
    await applier.apply([rendered], owner);
    // In a set, one more is no change of ours; but which lists are sets, only the server knows.
    const theirs = { ...rendered, metadata: { name: 'g', namespace: 'default' }, spec: { tags: ['theirs'] } };
    await client.apply(GADGETS, theirs, { fieldManager: 'others' });
    await clock.settle();
    server.writes.length = 0;
    expect((await applier.apply([rendered], owner)).written).to.be.empty;
    await applier.apply([rendered], owner);
    expect(server.writes, 'once').to.have.length(1);

    const restarted = gadgets();
    expect((await restarted.apply([rendered], owner)).written).to.be.empty;
    expect(server.writes, 'once more after a restart').to.have.length(2);
    await client.merge(GADGETS, 'default', 'g', { status: { seen: true } }, { subresource: 'status' });
    await clock.settle();
    await restarted.apply([rendered], owner);
    expect(
      server.writes.filter((write) => !write.endsWith('status')),
      'nor after a change of the status',
    ).to.have.length(2);
    await client.merge(GADGETS, 'default', 'g', { spec: { tags: ['theirs'] } });
    await clock.settle();
    expect((await restarted.apply([rendered], owner)).written).to.have.length(1);
    expect((await server.at(GADGETS, 'g'))?.spec).to.deep.equal({ tags: ['theirs', 'ours'] });
  });

  it('removes what it no longer renders, of this owner only', async () => {
    const other = await client.create(WIDGETS, widget('other', 1));
    await applier.apply([map('a'), map('b')], owner);
    await applier.apply([map('c')], other);
    await clock.settle();
    const { removed } = await applier.apply([map('a')], owner);
    expect(removed.map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
    expect((await server.all(CONFIG_MAPS)).map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'c']);
    await clock.settle();
    expect((await applier.apply([], owner)).removed).to.have.length(1);
  });

  it('removes what an earlier process rendered', async () => {
    await applier.apply([map('a'), map('b')], owner);
    await clock.settle();
    const { removed } = await make().apply([map('b')], owner);
    expect(removed.map(({ metadata }) => metadata.name)).to.deep.equal(['a']);
  });

  it('keeps its hands off what it is told not to remove', async () => {
    applier = make(({ metadata }) => metadata.labels?.keep === undefined);
    await applier.apply([map('a', {}, { labels: { keep: 'me' } })], owner);
    await clock.settle();
    expect((await applier.apply([], owner)).removed).to.be.empty;
  });

  it('waits for an object that is still being deleted', async () => {
    await applier.apply([map('a', {}, { finalizers: ['ex.io/slow'] })], owner);
    await client.delete(CONFIG_MAPS, 'default', 'a');
    await clock.settle();
    server.writes.length = 0;
    const { live, terminating } = await applier.apply([map('a')], owner);
    expect([live.length, terminating.length, server.writes.length]).to.deep.equal([0, 1, 0]);
  });

  it('adopts what nobody owns, and refuses what belongs to another, naming it', async () => {
    await client.create(CONFIG_MAPS, { ...map('free'), metadata: { name: 'free', namespace: 'default' } });
    const other = await client.create(WIDGETS, widget('other', 1));
    await applier.apply([map('taken')], other);
    await clock.settle();
    await applier.apply([map('free')], owner);
    expect((await server.at(CONFIG_MAPS, 'free'))?.metadata.ownerReferences?.[0]?.name).to.equal('w');
    const refused = await applier.apply([map('taken')], owner).catch(String);
    expect(refused).to.match(/ConfigMap taken belongs to Widget other; Widget w needs one of the same name/);
  });

  it('refuses objects that the garbage collector would not leave with their owner', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
    expect(await applier.apply([node], owner).catch(String)).to.match(
      /Node n is cluster-scoped and cannot be owned by Widget w/,
    );
    expect(await applier.apply([map('a', {}, { namespace: 'other' })], owner).catch(String)).to.match(
      /is in namespace other/,
    );
    expect(server.writes).to.be.empty;
  });

  it('cannot own anything for an object that is not stored', () => {
    expect(() => ownerReference(widget('w', 1))).to.throw(/no uid/);
  });

  it('names a kind that nobody registered', async () => {
    const strange = { apiVersion: 'strange.io/v1', kind: 'Strange', metadata: { name: 's' } };
    expect(await applier.apply([strange], owner).catch(String)).to.match(/unknown kind Strange/);
  });

  it('leaves what it did when one is refused, and goes on from there', async () => {
    server.fault = ({ method, body }) => (method === 'POST' && body?.includes('"name":"b"') ? 'refuse' : 'pass');
    expect(await applier.apply([map('a'), map('b'), map('c')], owner).catch(() => 'refused')).to.equal('refused');
    server.fault = () => 'pass';
    server.writes.length = 0;
    await applier.apply([map('a'), map('b'), map('c')], owner);
    expect(server.writes).to.deep.equal([`POST ${path}`, `POST ${path}`]);
    expect(await server.all(CONFIG_MAPS)).to.have.length(3);
  });
});

describe('writing through', () => {
  it('tells the cache of what was stored and of what was read by name, and of nothing else', async () => {
    const clock = new VirtualClock();
    const server = await TestServer.start(clock);
    const told: string[] = [];
    const rest = new RestClient({ transport: server, clock, random: () => 0 });
    const client = writeThrough(rest, {
      wrote: (resource, { metadata }) => told.push(`${resource.plural} ${metadata.name}`),
    });
    const made = await client.create(WIDGETS, widget('a', 1));
    await client.merge(WIDGETS, 'default', 'a', { status: {} }, { subresource: 'status' });
    await client.merge(WIDGETS, 'default', 'a', { spec: {} }, { dryRun: true });
    const { metadata } = (await rest.get(WIDGETS, 'default', 'a')) ?? made;
    await client.update(WIDGETS, { ...made, metadata, status: {} }, { subresource: 'status' });
    expect(told).to.deep.equal(['widgets a', 'widgets a', 'widgets a']);
    await client.get(WIDGETS, 'default', 'a');
    await client.get(WIDGETS, 'default', 'missing');
    await client.list(WIDGETS);
    await client.delete(WIDGETS, 'default', 'a');
    expect(told).to.deep.equal(['widgets a', 'widgets a', 'widgets a', 'widgets a']);
    expect(Object.isFrozen(made)).to.equal(false);
  });
});
