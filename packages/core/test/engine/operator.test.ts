import { CONFIG_MAPS, type KubeObject, NODES, RestClient } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { TestServer, WIDGETS } from './support/test-server.js';
import { widget, widgetOperator } from './support/widgets.js';

const maps = '/api/v1/namespaces/default/configmaps';

describe('an operator of Widgets', () => {
  let server: TestServer;
  let clock: VirtualClock;
  let client: RestClient;

  beforeEach(async () => {
    clock = new VirtualClock();
    server = await TestServer.start(clock);
    client = new RestClient({ transport: server, clock, random: () => 0 });
  });

  const make = () => widgetOperator({ transport: server, clock, random: () => 0, name: 'widget-operator' });

  async function started() {
    const made = make();
    const ready = made.operator.start();
    await clock.settle();
    await ready;
    await clock.settle();
    return made;
  }

  async function stopped(made: ReturnType<typeof make>): Promise<void> {
    const ended = made.operator.stop();
    await clock.settle();
    await ended;
    expect(clock.pending, 'timers left behind').to.equal(0);
  }

  it('makes what a Widget needs, and says so in its status', async () => {
    const made = await started();
    await client.create(WIDGETS, widget('a', 3));
    await clock.settle();
    const map = (await server.at(CONFIG_MAPS, 'a')) as KubeObject;
    expect(map.data).to.deep.equal({ size: '3' });
    expect(map.metadata.ownerReferences?.[0]).to.include({ kind: 'Widget', name: 'a', controller: true });
    expect((await server.all(WIDGETS))[0]?.status).to.deep.equal({ phase: 'Ready' });
    expect(made.controller.why({ namespace: 'default', name: 'a' })).to.deep.include({
      outcome: { kind: 'done' },
      failures: 0,
    });
    await stopped(made);
  });

  it('needs two writes for a Widget, and none ever after', async () => {
    const made = await started();
    for (let i = 0; i < 20; i++) await client.create(WIDGETS, widget(`w${i}`, i));
    server.writes.length = 0;
    await clock.settle();
    // Some have begun before the last was created, so only the sum over all is known here.
    const total = (await server.all(CONFIG_MAPS)).length;
    expect(total).to.equal(29);
    await clock.advance(3_600_000);
    server.writes.length = 0;
    server.reads.length = 0;
    await clock.advance(60_000);
    expect(server.writes).to.be.empty;
    expect(server.reads.filter((read) => read.startsWith('GET'))).to.be.empty;
    await stopped(made);
  });

  it('makes no write when it starts over converged objects', async () => {
    const first = await started();
    for (let i = 0; i < 20; i++) await client.create(WIDGETS, widget(`w${i}`, i));
    await clock.settle();
    await stopped(first);
    server.writes.length = 0;
    const second = await started();
    expect(second.passes).to.have.length(20);
    expect(second.passes[0]).to.match(/Widget w0 listed/);
    expect(server.writes).to.be.empty;
    await stopped(second);
  });

  it('brings back what somebody deletes or changes', async () => {
    const made = await started();
    await client.create(WIDGETS, widget('a', 3));
    await clock.settle();
    await client.delete(CONFIG_MAPS, 'default', 'a');
    await clock.settle();
    expect(((await server.at(CONFIG_MAPS, 'a')) as KubeObject | undefined)?.data).to.deep.equal({ size: '3' });
    await client.merge(CONFIG_MAPS, 'default', 'a', { data: { size: '4' } });
    await clock.settle();
    expect(((await server.at(CONFIG_MAPS, 'a')) as KubeObject | undefined)?.data).to.deep.equal({ size: '3' });
    await stopped(made);
  });

  it('removes what is no longer rendered, even after a restart in between', async () => {
    const first = await started();
    await client.create(WIDGETS, widget('a', 30));
    await clock.settle();
    expect(await server.all(CONFIG_MAPS)).to.have.length(2);
    await stopped(first);
    await client.merge(WIDGETS, 'default', 'a', { spec: { size: 5 } });
    const second = await started();
    expect((await server.all(CONFIG_MAPS)).map(({ metadata, data }) => [metadata.name, data])).to.deep.equal([
      ['a', { size: '5' }],
    ]);
    await stopped(second);
  });

  it('goes on after the server was away, and writes nothing twice', async () => {
    const made = await started();
    await client.create(WIDGETS, widget('a', 3));
    await clock.settle();
    server.writes.length = 0;
    server.fault = () => 'refuse';
    server.dropWatches();
    await clock.advance(10_000);
    expect(made.operator.ready().filter(({ ok }) => !ok)).to.have.length(2);
    server.fault = () => 'pass';
    await clock.advance(60_000);
    expect(made.operator.ready().filter(({ ok }) => !ok)).to.be.empty;
    await client.create(WIDGETS, widget('b', 3));
    await clock.settle();
    expect(server.writes).to.deep.equal([
      'POST /apis/ex.io/v1/namespaces/default/widgets',
      `POST ${maps}`,
      'PATCH /apis/ex.io/v1/namespaces/default/widgets/b/status',
    ]);
    await stopped(made);
  });

  it('ends in the same state wherever it crashes, before or after any of its writes', async () => {
    const expected = async (): Promise<unknown> => ({
      maps: (await server.all(CONFIG_MAPS)).map(({ metadata, data }) => [metadata.name, data]).sort(),
      phases: (await server.all(WIDGETS)).map(({ metadata, status }) => [metadata.name, status]).sort(),
    });
    const prepare = async (): Promise<void> => {
      clock = new VirtualClock();
      server = await TestServer.start(clock);
      client = new RestClient({ transport: server, clock, random: () => 0 });
      for (const [name, size] of [
        ['a', 3],
        ['b', 30],
      ] as const)
        await client.create(WIDGETS, widget(name, size));
      server.writes.length = 0;
    };
    await prepare();
    await started();
    const undisturbed = await expected();
    const calls = server.writes.length;
    expect(calls).to.equal(5);
    for (let crashAt = 1; crashAt <= calls; crashAt++) {
      for (const how of ['refuse', 'lose-answer'] as const) {
        await prepare();
        let left = crashAt;
        // From this write on, the first process reaches nothing any more: it is as good as dead.
        const dying = { transport: server, dead: false };
        const first = widgetOperator({
          clock,
          random: () => 0,
          name: 'widget-operator',
          transport: {
            request: async (request) => {
              if (dying.dead) throw new Error('this process is dead');
              if (request.method !== 'GET' && --left === 0) {
                dying.dead = true;
                if (how === 'lose-answer') await server.request(request);
                throw new Error('this process is dead');
              }
              return server.request(request);
            },
          },
        });
        void first.operator.start();
        await clock.settle();
        expect(dying.dead).to.equal(true);
        first.operator.cache.stop();
        await started();
        expect(await expected(), `crash at write ${crashAt}, ${how}`).to.deep.equal(undisturbed);
      }
    }
  });

  it('counts what it does under the standard names', async () => {
    const made = await started();
    expect(made.operator.metrics.expose()).to.contain(
      'controller_runtime_reconcile_total{controller="widget",result="error"} 0',
    );
    await client.create(WIDGETS, widget('a', 3));
    await clock.settle();
    const text = made.operator.metrics.expose();
    expect(text).to.match(/controller_runtime_reconcile_total\{controller="widget",result="success"\} [1-9]/);
    expect(text).to.match(/rest_client_requests_total\{code="200",method="PATCH",host=""\} [1-9]/);
    expect(text).to.match(/workqueue_adds_total\{name="widget",controller="widget"\} [1-9]/);
    expect(text).to.contain('workqueue_depth{name="widget",controller="widget"} 0');
    await stopped(made);
  });

  it('says which watch it is waiting for when the start takes too long', async () => {
    server.fault = ({ path }) => (path.includes('configmaps') ? 'refuse' : 'pass');
    const made = make();
    const failed = made.operator.start().catch(String);
    await clock.advance(121_000);
    expect(await failed).to.match(/not everything could be listed in 120 s: configmaps \(.*ECONNREFUSED.*RBAC/);
    expect(String(await made.operator.stopped)).to.match(/not everything/);
    expect(made.operator.live()[0]?.ok).to.equal(false);
    expect(clock.pending).to.equal(0);
  });

  it('begins when what it only reads is listed too: a copy that is not there yet looks like one with nothing in it', async () => {
    server.fault = ({ path }) => (path.includes('/nodes') ? 'refuse' : 'pass');
    const made = make();
    made.operator.cache.informer(NODES);
    let begun = false;
    const ready = made.operator.start().then(() => {
      begun = true;
    });
    await clock.advance(10_000);
    expect(begun).to.equal(false);
    server.fault = () => 'pass';
    await clock.advance(60_000);
    await ready;
    await stopped(made);
  });

  it('is ready when its watches are, and not before', async () => {
    const made = make();
    expect(made.operator.ready()[0]).to.include({ name: 'started', ok: false });
    const ready = made.operator.start();
    await clock.settle();
    await ready;
    expect(made.operator.ready()).to.deep.equal([
      { name: 'started', ok: true },
      { name: 'watch-widgets', ok: true },
      { name: 'watch-configmaps', ok: true },
    ]);
    await stopped(made);
  });

  it('stops by its signal, before or during its life, and starts only once', async () => {
    const abort = new AbortController();
    const made = make();
    const ready = made.operator.start({ signal: abort.signal });
    await clock.settle();
    await ready;
    expect(String(await made.operator.start().catch(String))).to.match(/runs once/);
    abort.abort();
    await clock.settle();
    expect(await made.operator.stopped).to.equal(undefined);
    const early = make();
    const gone = early.operator.start({ signal: AbortSignal.abort() });
    await clock.settle();
    await gone;
    expect(await early.operator.stopped).to.equal(undefined);
    expect(clock.pending).to.equal(0);
  });
});
