import { type KubeObject, LEASES, LeaderElector, type LeadershipEnd, microTime, RestClient } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { TestServer, WIDGETS } from './support/test-server.js';
import { widget, widgetOperator } from './support/widgets.js';

describe('leader election', () => {
  let server: TestServer;
  let clock: VirtualClock;
  let aborts: AbortController[];

  beforeEach(async () => {
    clock = new VirtualClock();
    server = await TestServer.start(clock);
    aborts = [];
  });

  afterEach(async () => {
    for (const abort of aborts) abort.abort();
    await clock.settle();
    expect(clock.pending, 'timers left behind').to.equal(0);
  });

  function candidate(
    identity: string,
    options: { readonly standAsideFor?: readonly string[]; readonly transport?: TestServer } = {},
  ) {
    const abort = new AbortController();
    aborts.push(abort);
    const client = new RestClient({ transport: options.transport ?? server, clock, random: () => 0, retries: 0 });
    const { standAsideFor = [] } = options;
    const elector = new LeaderElector(
      { namespace: 'system', name: 'widgets', identity, standAsideFor },
      { client, clock, random: () => 0 },
    );
    const state = { leads: false, ended: undefined as LeadershipEnd | undefined };
    const run = elector.acquire(abort.signal).then(async () => {
      state.leads = true;
      state.ended = await elector.hold(abort.signal);
      state.leads = false;
    });
    run.catch(() => undefined);
    return { elector, abort, state };
  }

  const spec = async () => (await server.at(LEASES, 'widgets', 'system'))?.spec as Record<string, unknown> | undefined;
  const client = () => new RestClient({ transport: server, clock, random: () => 0 });

  it('takes a free lease at once, and renews it every two seconds', async () => {
    const { state } = candidate('a');
    await clock.settle();
    expect(state.leads).to.equal(true);
    expect(await spec()).to.deep.equal({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await clock.advance(10_000);
    expect(await spec()).to.include({
      renewTime: '2026-01-01T00:00:10.000000Z',
      acquireTime: '2026-01-01T00:00:00.000000Z',
    });
  });

  it('lets one of two lead, and the other take over when the first dies', async () => {
    const a = candidate('a');
    await clock.settle();
    const b = candidate('b');
    await clock.advance(60_000);
    expect([a.state.leads, b.state.leads]).to.deep.equal([true, false]);
    a.abort.abort();
    await clock.advance(14_000);
    expect(b.state.leads).to.equal(false);
    await clock.advance(4000);
    expect(b.state.leads).to.equal(true);
    expect(await spec()).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('lets exactly one of many win a race', async () => {
    const all = ['a', 'b', 'c', 'd'].map((identity) => candidate(identity));
    await clock.advance(30_000);
    expect(all.filter(({ state }) => state.leads)).to.have.length(1);
  });

  it('goes by its own clock, not by the one that the holder writes with', async () => {
    await client().create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'widgets', namespace: 'system' },
      spec: { holderIdentity: 'slow-clock', leaseDurationSeconds: 15, renewTime: microTime(clock.now() - 3_600_000) },
    });
    const { state } = candidate('a');
    await clock.advance(14_000);
    expect(state.leads).to.equal(false);
    await clock.advance(4000);
    expect(state.leads).to.equal(true);
  });

  it('gives up when it could not renew for ten seconds, well before anybody else may lead', async () => {
    const { state, elector } = candidate('a');
    await clock.settle();
    server.fault = () => 'refuse';
    await clock.advance(8000);
    expect(state.leads).to.equal(true);
    await clock.advance(4000);
    expect(state.ended).to.equal('lost');
    expect(elector.isLeading()).to.equal(false);
  });

  it('outlives a short trouble', async () => {
    const { state } = candidate('a');
    await clock.settle();
    server.fault = () => 'refuse';
    await clock.advance(5000);
    server.fault = () => 'pass';
    await clock.advance(60_000);
    expect(state.leads).to.equal(true);
  });

  it('stops when somebody else took the lease', async () => {
    const { state } = candidate('a');
    await clock.settle();
    await client().merge(LEASES, 'system', 'widgets', { spec: { holderIdentity: 'usurper' } });
    await clock.advance(2000);
    expect(state.ended).to.equal('lost');
  });

  it('gives the lease back, so that the next one need not wait', async () => {
    const a = candidate('a');
    await clock.settle();
    const b = candidate('b');
    await clock.settle();
    a.abort.abort();
    await a.elector.release();
    await clock.advance(2500);
    expect(b.state.leads).to.equal(true);
    await a.elector.release();
    expect(await spec()).to.include({ holderIdentity: 'b' });
  });

  describe('beside another operator for the same objects', () => {
    const foreign = (holder: string): KubeObject => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'other.io', namespace: 'elsewhere' },
      spec: { holderIdentity: holder, leaseDurationSeconds: 15, renewTime: microTime(clock.now()) },
    });
    const renew = () =>
      client().merge(LEASES, 'elsewhere', 'other.io', { spec: { renewTime: microTime(clock.now()) } });

    it('stands aside while that one is at work, and leads once it has gone', async () => {
      await client().create(LEASES, foreign('them'));
      const { state } = candidate('a', { standAsideFor: ['other.io'] });
      for (let i = 0; i < 6; i++) {
        await clock.advance(10_000);
        await renew();
      }
      expect(state.leads).to.equal(false);
      expect(await server.at(LEASES, 'widgets', 'system')).to.equal(undefined);
      await clock.advance(20_000);
      expect(state.leads).to.equal(true);
    });

    it('takes no notice of a lease that nobody holds', async () => {
      await client().create(LEASES, foreign(''));
      const { state } = candidate('a', { standAsideFor: ['other.io'] });
      await clock.settle();
      expect(state.leads).to.equal(true);
    });

    it('steps down when that one comes up later', async () => {
      const { state } = candidate('a', { standAsideFor: ['other.io'] });
      await clock.advance(30_000);
      await client().create(LEASES, foreign('them'));
      await clock.advance(18_000);
      expect(state.ended).to.equal('lost');
    });
  });

  describe('of operators', () => {
    const lease = (identity: string) => ({ namespace: 'system', name: 'widgets', identity });

    it('lets a stand-by take over with warm caches, after a graceful stop at once', async () => {
      const first = widgetOperator({
        transport: server,
        clock,
        random: () => 0,
        name: 'w',
        leaderElection: lease('a'),
      });
      void first.operator.start();
      await clock.settle();
      const second = widgetOperator({
        transport: server,
        clock,
        random: () => 0,
        name: 'w',
        leaderElection: lease('b'),
      });
      void second.operator.start();
      await clock.settle();
      await client().create(WIDGETS, widget('x', 1));
      await clock.settle();
      expect([first.passes.length > 0, second.passes.length]).to.deep.equal([true, 0]);
      expect(second.operator.ready().every(({ ok }) => ok)).to.equal(true);
      void first.operator.stop();
      await clock.advance(2500);
      expect(second.passes).to.have.length(1);
      void second.operator.stop();
      await clock.settle();
    });

    it('never lets out a write of a process that was paused past its lease', async () => {
      // Paused: its timers stand still while the world, and the clock on the wall, go on.
      let paused = false;
      const frozen: (() => void)[] = [];
      const own = {
        now: () => clock.now(),
        after: (ms: number, task: () => void) => clock.after(ms, () => (paused ? frozen.push(task) : task())),
      };
      const first = widgetOperator({
        transport: server,
        clock: own,
        random: () => 0,
        name: 'w',
        leaderElection: lease('a'),
      });
      void first.operator.start();
      await clock.settle();
      paused = true;
      const second = widgetOperator({
        transport: server,
        clock,
        random: () => 0,
        name: 'w',
        leaderElection: lease('b'),
      });
      void second.operator.start();
      await clock.advance(30_000);
      expect(await spec()).to.include({ holderIdentity: 'b' });
      server.writes.length = 0;
      const late = await first.operator.client.create(WIDGETS, widget('late', 1)).catch(String);
      expect(late).to.match(/was not sent: this process does not hold its lease/);
      expect(server.writes).to.be.empty;
      paused = false;
      for (const task of frozen) task();
      await clock.advance(10_000);
      expect(String(await first.operator.stopped)).to.match(/the lease system.widgets was lost/);
      expect(await spec()).to.include({ holderIdentity: 'b' });
      void second.operator.stop();
      await clock.settle();
    });
  });
});
