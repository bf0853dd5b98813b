import { CONFIG_MAPS, type KubeObject, WatchCache, type WatchCacheOptions } from '@kaito-sdk/core';
import { ApiServer, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { configMap, listOf, ScriptedTransport, ScriptedWatch, status } from './support/scripted-transport.js';

const end = (resourceVersion: string): object => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } },
});

describe('the first list of a watch cache', () => {
  let clock: VirtualClock;
  let transport: ScriptedTransport;
  let cache: WatchCache;

  beforeEach(() => {
    clock = new VirtualClock();
    transport = new ScriptedTransport();
  });
  afterEach(async () => {
    cache.stop();
    await clock.settle();
    expect(clock.pending, 'timers left behind').to.equal(0);
  });

  function open(more: Partial<WatchCacheOptions> = {}): string[] {
    cache = new WatchCache({ transport, clock, random: () => 0, firstList: 'stream', ...more });
    const seen: string[] = [];
    cache.informer(CONFIG_MAPS).subscribe(({ type, object }) => seen.push(`${type} ${object.metadata.name}`));
    return seen;
  }
  const names = () =>
    cache
      .informer(CONFIG_MAPS)
      .list()
      .map(({ metadata }) => metadata.name);

  describe('as a stream', () => {
    it('comes with the watch itself, is told at its end, and is followed by what changes', async () => {
      const watch = new ScriptedWatch();
      transport.next(watch.answer);
      const seen = open();
      watch.send('ADDED', configMap('a', '3')).send('ADDED', configMap('b', '5'));
      await clock.settle();
      expect(seen).to.deep.equal([]);
      watch.send('BOOKMARK', end('9'));
      await cache.synced();
      watch.send('DELETED', configMap('a', '10'));
      await clock.settle();
      expect(seen).to.deep.equal(['added a', 'added b', 'deleted a']);
      expect(transport.paths).to.deep.equal([
        '/api/v1/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
      ]);
    });

    it('resumes in the ordinary way when it is cut afterwards', async () => {
      const first = new ScriptedWatch();
      transport.next(first.answer, new ScriptedWatch().answer);
      open();
      first.send('BOOKMARK', end('9'));
      await cache.synced();
      await clock.advance(2000);
      first.end();
      await clock.settle();
      expect(transport.paths[1]).to.equal(
        '/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=9&timeoutSeconds=300',
      );
    });

    it('counts for nothing when it breaks off, and is begun anew', async () => {
      const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
      transport.next(first.answer, second.answer);
      const seen = open();
      first.send('ADDED', configMap('gone', '3')).end();
      await clock.settle();
      expect(transport.paths).to.have.length(1);
      await clock.advance(500);
      second.send('ADDED', configMap('a', '6')).send('BOOKMARK', end('9'));
      await cache.synced();
      expect(seen).to.deep.equal(['added a']);
    });

    for (const [what, code, reason] of [
      ['a server that forbids it', 422, 'Invalid'],
      ['a server that does not understand it', 400, 'BadRequest'],
    ] as const) {
      it(`gives way to pages for ${what}`, async () => {
        transport
          .next(status(code, reason), listOf('7', [configMap('a', '3')]))
          .otherwise((request) => new ScriptedWatch().answer(request));
        open();
        await clock.advance(1000);
        expect(names()).to.deep.equal(['a']);
        expect(transport.paths[1]).to.equal('/api/v1/configmaps?limit=500');
        expect(transport.paths[2]).to.include('resourceVersion=7').and.not.include('sendInitialEvents');
      });
    }

    it('gives way to pages when the server ignores the question and never says that it is done', async () => {
      const old = new ScriptedWatch();
      transport
        .next(old.answer, listOf('7', [configMap('a', '3')]))
        .otherwise((request) => new ScriptedWatch().answer(request));
      open();
      old.send('ADDED', configMap('a', '3'));
      await clock.advance(61_000);
      expect(names()).to.deep.equal(['a']);
    });

    it('is asked for again after a 410, and finds the delete that was missed', async () => {
      const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
      transport.next(first.answer, second.answer);
      const seen = open();
      first.send('ADDED', configMap('a', '3')).send('BOOKMARK', end('9'));
      await cache.synced();
      first.send('MODIFIED', configMap('a', '10'));
      first.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
      await clock.settle();
      second.send('ADDED', configMap('b', '30')).send('BOOKMARK', end('40'));
      await clock.settle();
      expect(seen).to.deep.equal(['added a', 'updated a', 'added b', 'deleted a']);
    });
  });

  describe('on an API server', () => {
    let server: ApiServer;
    const sent: string[] = [];

    beforeEach(async () => {
      sent.length = 0;
      server = new ApiServer({ clock });
      for (const name of ['a', 'b']) {
        const object = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: 'default' },
          data: { k: name },
        };
        await server.client.create(CONFIG_MAPS, { ...object, metadata: { ...object.metadata, labels: { app: name } } });
      }
    });

    function openOn(more: Partial<WatchCacheOptions>): WatchCache {
      cache = new WatchCache({
        clock,
        random: () => 0,
        ...more,
        transport: {
          async request(request) {
            sent.push(request.headers?.accept ?? '');
            return server.transport.request(request);
          },
        },
      });
      return cache;
    }
    const labelled = (object: KubeObject | undefined) => object?.metadata.labels;

    for (const firstList of ['pages', 'stream'] as const) {
      it(`holds the same objects, by ${firstList}`, async () => {
        const informer = openOn({ firstList }).informer(CONFIG_MAPS, { namespace: 'default' });
        await informer.synced();
        const own = informer.list().filter(({ metadata }) => metadata.labels !== undefined);
        expect(own.map(({ metadata, data }) => [metadata.name, data])).to.deep.equal([
          ['a', { k: 'a' }],
          ['b', { k: 'b' }],
        ]);
      });

      it(`fetches nothing but metadata where nothing else is asked for, by ${firstList}`, async () => {
        const informer = openOn({ firstList }).informer(CONFIG_MAPS, { namespace: 'default', metadataOnly: true });
        await informer.synced();
        const live = informer.get('default', 'a');
        expect(Object.keys(live ?? {}).sort()).to.deep.equal(['apiVersion', 'kind', 'metadata']);
        expect(live).to.include({ apiVersion: 'v1', kind: 'ConfigMap' });
        expect(sent.every((accept) => accept.includes('as=PartialObjectMetadata'))).to.equal(true);

        await server.client.merge(CONFIG_MAPS, 'default', 'a', { metadata: { labels: { app: 'new' } } });
        await clock.settle();
        expect(labelled(informer.get('default', 'a'))).to.deep.equal({ app: 'new' });
      });
    }

    it('keeps a metadata-only copy apart from a whole one, and cuts own writes down too', async () => {
      openOn({});
      const whole = cache.informer(CONFIG_MAPS);
      const light = cache.informer(CONFIG_MAPS, { metadataOnly: true });
      await cache.synced();
      expect(whole.get('default', 'a')).to.have.property('data');
      cache.wrote(CONFIG_MAPS, configMap('new', '99999', { data: { k: 'v' } }));
      expect(whole.get('default', 'new')).to.have.property('data');
      expect(light.get('default', 'new')).to.not.have.property('data');
    });

    it('keeps what a transform leaves, from lists, events and own writes', async () => {
      const informer = openOn({
        transform: (object, { plural }) => ({ ...object, data: { from: plural } }),
      }).informer(CONFIG_MAPS, { namespace: 'default' });
      await informer.synced();
      expect(informer.get('default', 'a')?.data).to.deep.equal({ from: 'configmaps' });
      await server.client.merge(CONFIG_MAPS, 'default', 'a', { data: { k: 'changed' } });
      await clock.settle();
      expect(informer.get('default', 'a')?.data).to.deep.equal({ from: 'configmaps' });
      cache.wrote(CONFIG_MAPS, configMap('new', '99999'));
      expect(informer.get('default', 'new')?.data).to.deep.equal({ from: 'configmaps' });
    });
  });
});
