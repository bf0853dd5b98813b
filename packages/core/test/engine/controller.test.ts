import {
  CONFIG_MAPS,
  Controller,
  type ControllerOptions,
  type KubeObject,
  NODES,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  RestClient,
  WatchCache,
} from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { TestServer, WIDGETS } from './support/test-server.js';
import { widget } from './support/widgets.js';

const key = { namespace: 'default', name: 'a' };

describe('a controller', () => {
  let server: TestServer;
  let clock: VirtualClock;
  let client: RestClient;
  let cache: WatchCache;
  let reasons: string[];
  let answer: (key: ObjectKey, context: ReconcileContext) => Promise<Outcome>;
  let running: Controller[];

  beforeEach(async () => {
    clock = new VirtualClock();
    server = await TestServer.start(clock);
    client = new RestClient({ transport: server, clock, random: () => 0 });
    cache = new WatchCache({ transport: server, clock, random: () => 0 });
    reasons = [];
    running = [];
    answer = async () => ({ kind: 'done' });
    await client.create(WIDGETS, widget('a', 1));
  });

  afterEach(async () => {
    for (const controller of running) await controller.stop();
    cache.stop();
    await clock.settle();
    expect(clock.pending, 'timers left behind').to.equal(0);
  });

  async function started(options: Partial<ControllerOptions> = {}): Promise<Controller> {
    const controller = new Controller({
      name: 'widget',
      resource: WIDGETS,
      reconcile: async (at, context) => {
        reasons.push(`${at.name}: ${context.reason}`);
        return answer(at, context);
      },
      ...options,
    });
    running.push(controller);
    await controller.warm({ cache, clock });
    controller.start();
    await clock.settle();
    return controller;
  }

  it('looks at what is there, then at what changes', async () => {
    await started();
    await client.merge(WIDGETS, 'default', 'a', { spec: { size: 2 } });
    await clock.settle();
    await client.delete(WIDGETS, 'default', 'a');
    await clock.settle();
    expect(reasons).to.deep.equal(['a: Widget a listed', 'a: Widget a updated', 'a: Widget a deleted']);
  });

  it('does nothing before it is started, though it collects work', async () => {
    const controller = new Controller({
      name: 'w',
      resource: WIDGETS,
      reconcile: async () => expect.fail('too early'),
    });
    running.push(controller);
    expect(() => controller.start()).to.throw(/warm\(\) first/);
    await controller.warm({ cache, clock });
    await clock.settle();
    expect(controller.why(key).queue.state).to.equal('queued');
    expect(String(await controller.warm({ cache, clock }).catch(String))).to.match(/started already/);
  });

  it('leaves out the changes that its predicate finds uninteresting', async () => {
    const bySpec = (change: { type: string; object: KubeObject; old?: KubeObject }) =>
      change.type !== 'updated' || JSON.stringify(change.object.spec) !== JSON.stringify(change.old?.spec);
    await started({ predicate: bySpec as ControllerOptions['predicate'] });
    await client.merge(WIDGETS, 'default', 'a', { metadata: { labels: { x: 'y' } } });
    await clock.settle();
    await client.merge(WIDGETS, 'default', 'a', { spec: { size: 2 } });
    await clock.settle();
    expect(reasons).to.deep.equal(['a: Widget a listed', 'a: Widget a updated']);
  });

  it('is woken by what its objects control, and by nothing that others control', async () => {
    await started({ owns: [{ resource: CONFIG_MAPS }] });
    const child = (name: string, owner: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: [{ apiVersion: 'ex.io/v1', kind: 'Widget', name: 'a', uid: 'u', ...owner }],
      },
    });
    await client.create(CONFIG_MAPS, child('mine', { controller: true }));
    await client.create(CONFIG_MAPS, child('shared', {}));
    await client.create(CONFIG_MAPS, child('namesake', { controller: true, apiVersion: 'other.io/v1' }));
    await client.create(CONFIG_MAPS, child('others', { controller: true, kind: 'Gadget' }));
    await clock.settle();
    expect(reasons).to.deep.equal(['a: Widget a listed', 'a: ConfigMap mine added']);
  });

  it('is woken by what it maps, the old owner as well as the new', async () => {
    await client.create(WIDGETS, widget('b', 1));
    await started({
      watches: [
        {
          resource: NODES,
          map: ({ metadata }) =>
            metadata.labels?.widget ? [{ namespace: 'default', name: metadata.labels.widget }] : [],
        },
      ],
    });
    reasons.length = 0;
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels: { widget: 'a' } } };
    await client.create(NODES, node);
    await clock.settle();
    await client.merge(NODES, undefined, 'n', { metadata: { labels: { widget: 'b' } } });
    await clock.settle();
    expect(reasons).to.deep.equal(['a: Node n added', 'a: Node n updated', 'b: Node n updated']);
  });

  it('looks again after the time that a wait names, unless something wakes it before', async () => {
    answer = async () => ({ kind: 'waiting', reason: 'NodeBooting', message: 'node n boots', afterMs: 10_000 });
    const controller = await started();
    await clock.advance(9999);
    expect(reasons).to.have.length(1);
    expect(controller.why(key).queue).to.deep.include({ state: 'delayed', dueAt: clock.now() + 1 });
    await clock.advance(1);
    expect(reasons[1]).to.equal('a: waited for NodeBooting');
    answer = async () => ({ kind: 'done' });
    await client.merge(WIDGETS, 'default', 'a', { spec: { size: 2 } });
    await clock.advance(60_000);
    expect(reasons).to.have.length(3);
  });

  it('does not look again at what waits for a watch, nor at what a person has to change', async () => {
    for (const kind of ['waiting', 'blocked'] as const) {
      reasons.length = 0;
      answer = async () => ({ kind, reason: 'Because', message: 'it is so' });
      await started();
      await clock.advance(3_600_000);
      expect(reasons, kind).to.have.length(1);
    }
  });

  it('backs off from what throws, tells of it, and begins anew after a success', async () => {
    const errors: string[] = [];
    let failing = true;
    answer = async () => {
      if (failing) throw new Error('no luck');
      return { kind: 'done' };
    };
    const controller = await started({
      onError: (error, at) => {
        errors.push(`${at.name}: ${String(error)}`);
        throw new Error('the callback is broken too');
      },
    });
    await clock.advance(36);
    expect(reasons).to.have.length(4);
    expect(errors[0]).to.equal('a: Error: no luck');
    expect(controller.why(key)).to.deep.include({
      outcome: { kind: 'error', message: 'no luck' },
      failures: 4,
      passes: 4,
    });
    failing = false;
    await clock.advance(40);
    expect(controller.why(key)).to.deep.include({ outcome: { kind: 'done' }, failures: 0, passes: 5 });
  });

  it('says since when an object is where it is, whatever looks at it in between', async () => {
    answer = async () => ({ kind: 'waiting', reason: 'NodeBooting', message: 'node n boots' });
    const controller = await started();
    const since = clock.now();
    await clock.advance(5000);
    controller.enqueue(key, 'somebody asked');
    await clock.settle();
    expect(controller.why(key)).to.deep.equal({
      key,
      outcome: { kind: 'waiting', reason: 'NodeBooting', message: 'node n boots' },
      since,
      reason: 'somebody asked',
      passes: 2,
      failures: 0,
      queue: { state: 'absent', reasons: [] },
    });
  });

  it('forgets what is gone', async () => {
    const controller = await started();
    await client.delete(WIDGETS, 'default', 'a');
    await clock.settle();
    expect(controller.why(key)).to.deep.equal({ key, passes: 0, failures: 0, queue: { state: 'absent', reasons: [] } });
  });

  it('tells a running pass to end when it stops, and waits until it has', async () => {
    let told = false;
    let end: () => void = () => undefined;
    answer = (_key, { signal }) => {
      signal.addEventListener('abort', () => {
        told = true;
      });
      return new Promise((resolve) => {
        end = () => resolve({ kind: 'done' });
      });
    };
    const controller = await started();
    let stopped = false;
    const ended = controller.stop().then(() => {
      stopped = true;
    });
    await clock.settle();
    expect([told, stopped]).to.deep.equal([true, false]);
    end();
    await ended;
    expect(stopped).to.equal(true);
  });
});
