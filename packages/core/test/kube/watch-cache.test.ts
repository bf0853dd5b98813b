import { CONFIG_MAPS, type InformerChange, type KubeObject, WatchCache } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import {
  configMap,
  json,
  listOf,
  ScriptedTransport,
  ScriptedWatch,
  status,
  text,
  unreachable,
} from './support/scripted-transport.js';

const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };

describe('the watch cache', () => {
  let transport: ScriptedTransport;
  let clock: VirtualClock;
  let cache: WatchCache;
  let troubles: string[];
  let recovered: number;
  let handlerErrors: unknown[];

  beforeEach(() => {
    transport = new ScriptedTransport();
    clock = new VirtualClock();
    troubles = [];
    recovered = 0;
    handlerErrors = [];
    cache = new WatchCache({
      transport,
      clock,
      random: () => 0,
      onTrouble: ({ message }) => troubles.push(message),
      onRecovery: () => {
        recovered++;
      },
      onHandlerError: (error) => handlerErrors.push(error),
    });
  });

  afterEach(async () => {
    cache.stop();
    await clock.settle();
    expect(clock.pending, 'timers left behind').to.equal(0);
  });

  function told(): string[] {
    const seen: string[] = [];
    cache.informer(CONFIG_MAPS).subscribe((change) => seen.push(line(change)));
    return seen;
  }

  const names = () =>
    cache
      .informer(CONFIG_MAPS)
      .list()
      .map(({ metadata }) => metadata.name);

  it('lists once and watches from there, with bookmarks', async () => {
    const watch = new ScriptedWatch();
    transport.next(listOf('10', [configMap('a', '5')]), watch.answer);
    const seen = told();
    await cache.synced();
    await clock.settle();
    watch
      .send('ADDED', configMap('b', '11'))
      .send('MODIFIED', configMap('a', '12'))
      .send('DELETED', configMap('b', '13'));
    await clock.settle();
    expect(seen).to.deep.equal(['added a@5 initial', 'added b@11', 'updated a@5 -> a@12', 'deleted b@13']);
    expect(transport.paths).to.deep.equal([
      '/api/v1/configmaps?limit=500',
      '/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=300',
    ]);
  });

  it('shares one list and one watch among all readers of a kind and selector', async () => {
    transport.otherwise((request) =>
      (request.path.includes('watch') ? new ScriptedWatch().answer : listOf('1', []))(request),
    );
    cache.informer(CONFIG_MAPS);
    cache.informer(CONFIG_MAPS);
    cache.informer(CONFIG_MAPS, { labelSelector: 'app=x' });
    cache.informer(CONFIG_MAPS, { namespace: 'default' });
    await cache.synced();
    await clock.settle();
    expect(transport.paths.filter((path) => !path.includes('watch'))).to.have.length(3);
    expect(transport.paths).to.have.length(6);
  });

  it('tells a late subscriber what is there already', async () => {
    transport.next(listOf('10', [configMap('a', '5')]), new ScriptedWatch().answer);
    cache.informer(CONFIG_MAPS);
    await cache.synced();
    expect(told()).to.deep.equal(['added a@5 initial']);
  });

  it('hands out frozen objects without managedFields', async () => {
    const object = { ...configMap('a', '5', { data: { k: 'v' } }) };
    const noisy = { ...object, metadata: { ...object.metadata, managedFields: [{ manager: 'x' }] } };
    transport.next(listOf('10', [noisy]), new ScriptedWatch().answer);
    const informer = cache.informer(CONFIG_MAPS);
    await cache.synced();
    const live = informer.get('default', 'a');
    expect(live?.metadata).to.not.have.property('managedFields');
    expect(Object.isFrozen(live) && Object.isFrozen(live?.metadata) && Object.isFrozen(live?.data)).to.equal(true);
  });

  it('finds objects by namespace and by declared indexes, kept up to date', async () => {
    const watch = new ScriptedWatch();
    transport.next(listOf('10', [configMap('a', '5', { labels: { app: 'x' } })]), watch.answer);
    const informer = cache.informer(CONFIG_MAPS);
    informer.addIndex('app', ({ metadata }) => (metadata.labels?.app === undefined ? [] : [metadata.labels.app]));
    await cache.synced();
    await clock.settle();
    watch
      .send('MODIFIED', configMap('a', '11', { labels: { app: 'y' } }))
      .send('ADDED', configMap('b', '12', { labels: { app: 'y' } }));
    await clock.settle();
    expect(informer.byIndex('app', 'x')).to.be.empty;
    expect(informer.byIndex('app', 'y').map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b']);
    expect(informer.list('default')).to.have.length(2);
    expect(informer.list('other')).to.be.empty;
    expect(() => informer.byIndex('nope', 'x')).to.throw(/no index 'nope'/);
  });

  it('resumes where it was when the server ends the watch in the ordinary way', async () => {
    const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
    transport.next(listOf('10', []), first.answer, second.answer);
    const seen = told();
    await clock.settle();
    first.send('ADDED', configMap('a', '11')).bookmark('20').end();
    await clock.settle();
    second.send('DELETED', configMap('a', '21'));
    await clock.settle();
    expect(seen).to.deep.equal(['added a@11', 'deleted a@21']);
    expect(transport.paths[2]).to.contain('resourceVersion=20');
    expect(troubles).to.be.empty;
  });

  it('backs off from a server that ends every watch at once', async () => {
    transport
      .next(listOf('10', []))
      .otherwise(async () => ({ status: 200, headers: {}, body: (async function* () {})() }));
    cache.informer(CONFIG_MAPS);
    await clock.advance(3000);
    // The list, then watches at 0, 0.5 and 1.5 s.
    expect(transport.requests).to.have.length(4);
    expect(troubles[0]).to.match(/closed at once; watching again in 500 ms/);
  });

  it('survives resets and refused connections, and resumes without a new list', async () => {
    const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
    transport.next(
      listOf('10', [configMap('a', '5')]),
      first.answer,
      unreachable(),
      unreachable(),
      unreachable(),
      unreachable(),
      unreachable(),
      unreachable(),
      second.answer,
    );
    const seen = told();
    await clock.settle();
    first.send('MODIFIED', configMap('a', '11')).end(new Error('read ECONNRESET'));
    await clock.advance(120_000);
    second.send('MODIFIED', configMap('a', '12'));
    await clock.settle();
    expect(seen).to.deep.equal(['added a@5 initial', 'updated a@5 -> a@11', 'updated a@11 -> a@12']);
    expect(transport.paths.filter((path) => path.includes('limit'))).to.have.length(1);
    expect(transport.paths.at(-1)).to.contain('resourceVersion=11');
  });

  it('takes no longer than half a minute, with its jitter a minute, between two tries', async () => {
    transport.otherwise(unreachable());
    cache.informer(CONFIG_MAPS);
    await clock.advance(600_000);
    const count = transport.requests.length;
    await clock.advance(30_000);
    expect(transport.requests).to.have.length(count + 1);
  });

  it('waits as long as the server asks', async () => {
    transport.next(
      status(429, 'TooManyRequests', {}, { 'retry-after': '20' }),
      listOf('1', []),
      new ScriptedWatch().answer,
    );
    cache.informer(CONFIG_MAPS);
    await clock.advance(19_000);
    expect(transport.requests).to.have.length(1);
    await clock.advance(2000);
    expect(transport.requests).to.have.length(3);
  });

  it('lists anew when the watch says 410, and finds the delete that it missed', async () => {
    const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
    transport.next(
      listOf('10', [configMap('a', '5'), configMap('b', '6')]),
      first.answer,
      listOf('90', [configMap('b', '80')]),
      second.answer,
    );
    const seen = told();
    await clock.settle();
    first.bookmark('11').send('ERROR', expired);
    await clock.settle();
    expect(seen.slice(2)).to.deep.equal(['updated b@6 -> b@80', 'deleted a@5']);
    expect(names()).to.deep.equal(['b']);
    expect(transport.paths.at(-1)).to.contain('resourceVersion=90');
    expect(troubles).to.be.empty;
  });

  it('takes a 410 in place of a watch the same way', async () => {
    transport.next(
      listOf('10', [configMap('a', '5')]),
      status(410, 'Gone'),
      listOf('90', []),
      new ScriptedWatch().answer,
    );
    const seen = told();
    await clock.advance(1000);
    expect(seen).to.deep.equal(['added a@5 initial', 'deleted a@5']);
  });

  it('does not spin when even a new list is too old for the watch', async () => {
    transport.otherwise((request) =>
      (request.path.includes('watch')
        ? text(`${JSON.stringify({ type: 'ERROR', object: expired })}\n`)
        : listOf('10', []))(request),
    );
    cache.informer(CONFIG_MAPS);
    await clock.advance(3000);
    expect(transport.requests.length).to.be.lessThan(8);
    expect(troubles[0]).to.match(/new list is too old/);
  });

  it('tells of a new object under an old name as of a delete and an add', async () => {
    const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
    transport.next(
      listOf('10', [configMap('a', '5')]),
      first.answer,
      listOf('90', [configMap('a', '80', { uid: 'other' })]),
      second.answer,
    );
    const seen = told();
    await clock.settle();
    first.bookmark('11').send('ERROR', expired);
    await clock.settle();
    expect(seen).to.deep.equal(['added a@5 initial', 'deleted a@5', 'added a@80']);
  });

  for (const [what, garbage] of [
    ['a line that is no JSON', '<html>\n'],
    ['JSON that is no event', '[]\n'],
    ['an event without an object', '{"type":"ADDED"}\n'],
    ['an unknown type', '{"type":"PATCHED","object":{"metadata":{"name":"a","resourceVersion":"12"}}}\n'],
    ['an object without resourceVersion', '{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'],
  ] as const) {
    it(`reconnects from the last good place after ${what}`, async () => {
      const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
      transport.next(listOf('10', []), first.answer, second.answer);
      const seen = told();
      await clock.settle();
      first.send('ADDED', configMap('a', '11')).raw(garbage).send('ADDED', configMap('lost', '13'));
      await clock.advance(1000);
      second.send('ADDED', configMap('lost', '13'));
      await clock.settle();
      expect(seen).to.deep.equal(['added a@11', 'added lost@13']);
      expect(transport.paths[2]).to.contain('resourceVersion=11');
      expect(troubles).to.have.length(1);
    });
  }

  it('puts lines together that arrive in pieces, and drops one that was cut off', async () => {
    const [first, second] = [new ScriptedWatch(), new ScriptedWatch()];
    transport.next(listOf('10', []), first.answer, second.answer);
    const seen = told();
    await clock.settle();
    const event = JSON.stringify({ type: 'ADDED', object: configMap('ä', '11') });
    first
      .raw(event.slice(0, 20))
      .raw(event.slice(20))
      .raw(`\n${event.slice(0, 30)}`)
      .end();
    await clock.settle();
    expect(seen).to.deep.equal(['added ä@11']);
    expect(transport.paths[2]).to.contain('resourceVersion=11');
  });

  it('gives up a half-open watch after two silent minutes, though the connection never says a word', async () => {
    const [dead, second] = [new ScriptedWatch({ deaf: true }), new ScriptedWatch()];
    transport.next(listOf('10', []), dead.answer, second.answer);
    cache.informer(CONFIG_MAPS);
    await clock.advance(60_000);
    dead.bookmark('15');
    await clock.advance(119_000);
    expect(second.open).to.equal(0);
    await clock.advance(2000);
    expect(second.open).to.equal(1);
    expect(transport.paths[2]).to.contain('resourceVersion=15');
    expect(troubles[0]).to.match(/went silent/);
  });

  it('gives up a watch that is never answered at all', async () => {
    const second = new ScriptedWatch();
    transport.next(listOf('10', []), () => new Promise(() => undefined), second.answer);
    cache.informer(CONFIG_MAPS);
    await clock.advance(121_000);
    expect(second.open).to.equal(1);
  });

  it('lists anew when the server keeps refusing to resume', async () => {
    const refuse = status(500, 'InternalError');
    transport.next(
      listOf('10', [configMap('a', '5')]),
      refuse,
      refuse,
      refuse,
      refuse,
      refuse,
      listOf('20', []),
      new ScriptedWatch().answer,
    );
    cache.informer(CONFIG_MAPS);
    await clock.advance(60_000);
    expect(names()).to.be.empty;
  });

  it('keeps trying while a CRD is not installed, says so, and finds it in the end', async () => {
    transport.next(
      text('404 page not found', 404),
      text('404 page not found', 404),
      listOf('1', [configMap('a', '1')]),
      new ScriptedWatch().answer,
    );
    cache.informer(CONFIG_MAPS);
    await clock.advance(600);
    expect(cache.states()[0]).to.include({ synced: false });
    expect(cache.states()[0]?.trouble)
      .to.match(/^the server has no \S+; if you define them, apply their CustomResourceDefinition/)
      .and.to.contain('404');
    expect(recovered).to.equal(0);
    await clock.advance(2000);
    expect(recovered, 'once').to.equal(1);
    expect(names()).to.deep.equal(['a']);
    expect(cache.states()[0]).to.deep.equal({ resource: CONFIG_MAPS, synced: true });
  });

  it('lets a throwing handler hurt only itself', async () => {
    const watch = new ScriptedWatch();
    transport.next(listOf('10', []), watch.answer);
    cache.informer(CONFIG_MAPS).subscribe(() => {
      throw new Error('handler broke');
    });
    const seen = told();
    await clock.settle();
    watch.send('ADDED', configMap('a', '11'));
    await clock.settle();
    expect(seen).to.deep.equal(['added a@11']);
    expect(handlerErrors.map(String)).to.deep.equal(['Error: handler broke']);
  });

  it('stops telling a handler that has unsubscribed', async () => {
    const watch = new ScriptedWatch();
    transport.next(listOf('10', []), watch.answer);
    const seen: string[] = [];
    const end = cache.informer(CONFIG_MAPS).subscribe((change) => seen.push(line(change)));
    await clock.settle();
    end();
    watch.send('ADDED', configMap('a', '11'));
    await clock.settle();
    expect(seen).to.be.empty;
  });

  it('stops during the first list without opening a watch, and tells those who wait', async () => {
    let answer: () => void = () => undefined;
    transport.next(
      (request) =>
        new Promise((resolve) => {
          answer = () => resolve(listOf('1', [])(request));
        }),
    );
    const synced = cache.informer(CONFIG_MAPS).synced().catch(String);
    await clock.settle();
    cache.stop();
    answer();
    expect(await synced).to.match(/stopped before configmaps were listed/);
    await clock.settle();
    expect(transport.requests).to.have.length(1);
    expect(() => cache.informer(CONFIG_MAPS)).to.throw(/the cache is stopped/);
  });

  describe('over which own writes lie', () => {
    let watch: ScriptedWatch;

    beforeEach(async () => {
      watch = new ScriptedWatch();
      transport.next(listOf('10', [configMap('a', '5')]), watch.answer);
      cache.informer(CONFIG_MAPS);
      await cache.synced();
      await clock.settle();
    });

    const version = (name: string) => cache.informer(CONFIG_MAPS).get('default', name)?.metadata.resourceVersion;

    it('shows a write before the watch does, in get, list and index, without telling handlers', () => {
      const informer = cache.informer(CONFIG_MAPS);
      informer.addIndex('name', ({ metadata }) => [metadata.name]);
      const seen = told();
      cache.wrote(CONFIG_MAPS, configMap('a', '12'));
      cache.wrote(CONFIG_MAPS, configMap('b', '13'));
      expect([version('a'), version('b')]).to.deep.equal(['12', '13']);
      expect(names()).to.have.members(['a', 'b']);
      expect(informer.byIndex('name', 'b')).to.have.length(1);
      expect(seen).to.deep.equal(['added a@5 initial']);
    });

    it('gives way as soon as the watch has come as far, so that a delete by others is seen', async () => {
      cache.wrote(CONFIG_MAPS, configMap('b', '13'));
      watch.send('ADDED', configMap('b', '13')).send('DELETED', configMap('b', '14'));
      await clock.settle();
      expect(version('b')).to.equal(undefined);
    });

    it('gives way to a bookmark and to events of other objects too', async () => {
      cache.wrote(CONFIG_MAPS, configMap('b', '13'));
      cache.wrote(CONFIG_MAPS, configMap('c', '15'));
      watch.bookmark('14');
      await clock.settle();
      expect([version('b'), version('c')]).to.deep.equal([undefined, '15']);
      watch.send('ADDED', configMap('d', '16'));
      await clock.settle();
      expect(version('c')).to.equal(undefined);
    });

    it('does not bring back what the watch already knows to be gone', async () => {
      watch.send('ADDED', configMap('b', '13')).send('DELETED', configMap('b', '14'));
      await clock.settle();
      cache.wrote(CONFIG_MAPS, configMap('b', '13'));
      expect(version('b')).to.equal(undefined);
    });

    it('keeps the newer of two writes, whichever answer comes first', () => {
      cache.wrote(CONFIG_MAPS, configMap('a', '100'));
      cache.wrote(CONFIG_MAPS, configMap('a', '99'));
      expect(version('a')).to.equal('100');
    });

    it('holds a write that happened before the first list was in', async () => {
      const late = new WatchCache({ transport, clock, random: () => 0 });
      transport.next(listOf('10', []), new ScriptedWatch().answer);
      const informer = late.informer(CONFIG_MAPS, { labelSelector: 'app=x' });
      late.wrote(CONFIG_MAPS, configMap('w', '12', { labels: { app: 'x' } }));
      late.wrote(CONFIG_MAPS, configMap('v', '12', { labels: { app: 'y' } }));
      await late.synced();
      expect(informer.list().map(({ metadata }) => metadata.name)).to.deep.equal(['w']);
      late.stop();
      await clock.settle();
    });
  });

  it('reads every page of a long list before it says anything', async () => {
    transport.next(
      listOf('10', [configMap('a', '5')], 'more'),
      json({ metadata: { resourceVersion: '10' }, items: [configMap('b', '6')] }),
      new ScriptedWatch().answer,
    );
    const seen = told();
    await cache.synced();
    expect(seen).to.deep.equal(['added a@5 initial', 'added b@6 initial']);
  });
});

function line(change: InformerChange<KubeObject>): string {
  const at = ({ metadata }: KubeObject) => `${metadata.name}@${metadata.resourceVersion}`;
  if (change.type === 'updated') return `updated ${at(change.old)} -> ${at(change.object)}`;
  return `${change.type} ${at(change.object)}${change.type === 'added' && change.initial ? ' initial' : ''}`;
}
