import { EVENTS, EventRecorder, type KubeObject, RestClient, type Transport } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { TestServer } from './support/test-server.js';
import { widget } from './support/widgets.js';

describe('the event recorder', () => {
  let server: TestServer;
  let clock: VirtualClock;
  let recorder: EventRecorder;
  const regarding: KubeObject = { ...widget('a', 1), metadata: { ...widget('a', 1).metadata, uid: 'uid-a' } };
  const joined = { type: 'Normal', reason: 'NodeJoined', action: 'Claim', note: 'node n joined' } as const;

  const make = () =>
    new EventRecorder({
      client: new RestClient({ transport: server, clock, random: () => 0 }),
      clock,
      controller: 'ex.io/widgets',
      instance: 'pod-1',
    });

  beforeEach(async () => {
    clock = new VirtualClock();
    server = await TestServer.start(clock);
    recorder = make();
  });

  const events = async () =>
    (await server.all(EVENTS)) as (KubeObject & { series?: { count: number; lastObservedTime: string } })[];

  it('writes an event as the server wants it, microseconds included', async () => {
    recorder.record(regarding, joined);
    await recorder.flush();
    const [event] = await events();
    expect(event?.metadata.namespace).to.equal('default');
    expect(event?.metadata.name).to.match(/^a\.[0-9a-f]{16}$/);
    expect(event).to.deep.include({
      apiVersion: 'events.k8s.io/v1',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'ex.io/widgets',
      reportingInstance: 'pod-1',
      type: 'Normal',
      reason: 'NodeJoined',
      action: 'Claim',
      note: 'node n joined',
      regarding: { apiVersion: 'ex.io/v1', kind: 'Widget', name: 'a', namespace: 'default', uid: 'uid-a' },
    });
  });

  it('counts the same event up, and keeps different ones apart', async () => {
    recorder.record(regarding, joined);
    await clock.advance(2000);
    recorder.record(regarding, joined);
    recorder.record(regarding, { ...joined, note: 'node m joined' });
    await recorder.flush();
    expect(await events()).to.have.length(2);
    expect((await events())[0]?.series).to.deep.equal({ count: 2, lastObservedTime: '2026-01-01T00:00:02.000000Z' });
  });

  it('goes on counting where the process before it stopped', async () => {
    for (let i = 0; i < 3; i++) recorder.record(regarding, joined);
    await recorder.flush();
    const next = make();
    next.record(regarding, joined);
    await next.flush();
    expect(await events()).to.have.length(1);
    expect((await events())[0]?.series?.count).to.equal(4);
  });

  it('begins a new event when the old one has expired on the server', async () => {
    recorder.record(regarding, joined);
    await recorder.flush();
    const [event] = await events();
    await new RestClient({ transport: server, clock, random: () => 0 }).delete(
      EVENTS,
      'default',
      event?.metadata.name ?? '',
    );
    recorder.record(regarding, joined);
    await recorder.flush();
    expect(await events()).to.have.length(1);
  });

  it('says no more than 25 things about one object, then one every five minutes', async () => {
    for (let i = 0; i < 100; i++) recorder.record(regarding, { ...joined, note: `node ${i} joined` });
    recorder.record({ ...regarding, metadata: { ...regarding.metadata, uid: 'uid-b', name: 'b' } }, joined);
    await recorder.flush();
    expect(server.writes).to.have.length(26);
    await clock.advance(300_000);
    for (let i = 0; i < 5; i++) recorder.record(regarding, { ...joined, note: `node ${i} left` });
    await recorder.flush();
    expect(server.writes).to.have.length(27);
  });

  it('cuts a note to what the server takes, at a whole character', async () => {
    recorder.record(regarding, { ...joined, note: 'ä'.repeat(600) });
    await recorder.flush();
    const note = String((await events())[0]?.note);
    expect(Buffer.byteLength(note)).to.be.at.most(1024);
    expect(note).to.match(/^ä+…$/);
  });

  it('loses an event rather than to fail, and goes on with the next', async () => {
    server.fault = () => 'refuse';
    recorder.record(regarding, joined);
    await recorder.flush();
    server.fault = () => 'pass';
    recorder.record(regarding, { ...joined, note: 'node m joined' });
    await recorder.flush();
    expect((await events()).map(({ note }) => note)).to.deep.equal(['node m joined']);
  });

  it('writes of several objects at once, and of each one in the order in which it was told', async () => {
    let inFlight = 0;
    let most = 0;
    const written: string[] = [];
    const slow: Transport = {
      async request(request) {
        most = Math.max(most, ++inFlight);
        await new Promise<void>((resolve) => void clock.after(100, resolve));
        inFlight--;
        written.push(JSON.parse(String(request.body)).note);
        return server.request(request);
      },
    };
    const client = new RestClient({ transport: slow, clock, random: () => 0 });
    const many = new EventRecorder({ client, clock, controller: 'ex.io/widgets', instance: 'pod-1' });
    for (const step of [1, 2, 3])
      for (let n = 0; n < 40; n++) {
        const { metadata } = regarding;
        many.record({ ...regarding, metadata: { ...metadata, uid: `uid-${n}` } }, { ...joined, note: `${n} ${step}` });
      }
    await clock.advance(60_000);
    await many.flush();
    expect(most).to.equal(4);
    for (let n = 0; n < 40; n++) {
      const own = written.filter((note) => note.startsWith(`${n} `));
      expect(own).to.deep.equal([`${n} 1`, `${n} 2`, `${n} 3`]);
    }
  });
});
