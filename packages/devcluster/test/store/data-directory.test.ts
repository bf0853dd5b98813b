import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiServer, DevCluster, kinds, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { type Event, Events, widget, widgetCrd } from '../conformance/api.js';
import { aDeployment, aService } from '../support/world.js';

const map = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

describe('a server with a data directory', () => {
  let folder: string;
  let server: ApiServer;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-'));
    server = new ApiServer({ data: folder, clock: new VirtualClock() });
  });
  afterEach(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const again = async (): Promise<void> => {
    await server.stop();
    server = new ApiServer({ data: folder, clock: new VirtualClock() });
  };
  const store = () => join(folder, 'store.jsonl');

  it('goes on where it was: objects, revisions, and what is free', async () => {
    await server.client.create(kinds.configMaps, map('a', { a: '1' }));
    await server.client.create(kinds.configMaps, map('gone'));
    await server.client.delete(kinds.configMaps, 'default', 'gone');
    const first: Event = await server.client.create(kinds.services, aService('one'));
    const before = server.snapshot();
    await again();
    expect(server.snapshot()).to.deep.equal(before);
    const second: Event = await server.client.create(kinds.services, aService('two'));
    expect(Number(second.metadata.resourceVersion)).to.equal(before.revision + 1);
    expect(second.spec.clusterIP).to.not.equal(first.spec.clusterIP);
  });

  it('keeps integers above 2^53', async () => {
    await server.client.create(kinds.customResourceDefinitions, widgetCrd() as Event);
    const widgets = { group: 'ex.io', version: 'v1', plural: 'widgets' };
    const big = widget('w', { size: 1 }, { namespace: 'default' }) as Event;
    big.spec.max = 9007199254740993n;
    await server.client.create(widgets, big);
    await again();
    expect(((await server.client.get(widgets, 'default', 'w')) as Event).spec.max).to.equal(9007199254740993n);
  });

  it('serves definitions that were there, also half-done ones', async () => {
    await server.client.create(kinds.customResourceDefinitions, widgetCrd() as Event);
    await again();
    expect(server.registry.resources.get('ex.io', 'v1', 'widgets')?.kind).to.equal('Widget');
  });

  it('lets a watch go on from a revision of before', async () => {
    const made = await server.client.create(kinds.configMaps, map('a', { a: '1' }));
    await server.client.merge(kinds.configMaps, 'default', 'a', { data: { a: '2' } });
    await again();
    const path = `/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${made.metadata.resourceVersion}`;
    const { status, body } = await server.transport.request({ method: 'GET', path });
    const seen = await new Events(status, body, async () => undefined).next();
    expect([seen.type, seen.object.data]).to.deep.equal(['MODIFIED', { a: '2' }]);
  });

  it('drops a last line that was cut off, wherever it was cut', async () => {
    await server.client.create(kinds.configMaps, map('a', { text: 'größer' }));
    await server.client.create(kinds.configMaps, map('b', { text: 'größer' }));
    await server.stop();
    const whole = readFileSync(store());
    const last = whole.subarray(0, -1).lastIndexOf(0x0a) + 1;
    for (let length = last; length < whole.length; length += 7) {
      writeFileSync(store(), whole.subarray(0, length));
      server = new ApiServer({ data: folder, clock: new VirtualClock() });
      const names = (await server.client.list(kinds.configMaps)).items.map(({ metadata }) => metadata.name);
      expect(names, `${length - last} bytes of the last line`).to.deep.equal(['a']);
      await server.client.create(kinds.configMaps, map('b'));
      await again();
      expect((await server.client.list(kinds.configMaps)).items).to.have.length(2);
      await server.stop();
    }
  });

  it('refuses a file that something else has changed, and says where', async () => {
    await server.stop();
    appendFileSync(store(), 'not a line of ours\n');
    expect(() => new ApiServer({ data: folder })).to.throw(
      /store\.jsonl cannot be read from line \d+ on: .*move it away/,
    );
    rmSync(join(folder, 'lock'), { force: true });
    writeFileSync(store(), '{"format":7}\n');
    expect(() => new ApiServer({ data: folder })).to.throw(/from line 1 on/);
    rmSync(store());
    rmSync(join(folder, 'lock'), { force: true });
    server = new ApiServer({ data: folder, clock: new VirtualClock() });
  });

  it('takes over from a process that was killed, and never beside one that lives', async () => {
    await server.stop();
    writeFileSync(join(folder, 'lock'), '999999999');
    server = new ApiServer({ data: folder, clock: new VirtualClock() });
    await server.stop();
    writeFileSync(join(folder, 'lock'), String(process.ppid));
    expect(() => new ApiServer({ data: folder })).to.throw(`in use by process ${process.ppid}`);
    rmSync(join(folder, 'lock'));
    expect(() => new ApiServer({ data: join(store(), 'under-a-file') })).to.throw('cannot be used');
  });

  it('does not grow with what is written over and over', async () => {
    await server.client.create(kinds.configMaps, map('a', { n: '0' }));
    for (let n = 1; n <= 21_000; n++)
      await server.client.merge(kinds.configMaps, 'default', 'a', { data: { n: `${n}` } });
    const lines = readFileSync(store(), 'utf8').split('\n').length;
    expect(lines).to.be.lessThan(20_000);
    const before = server.snapshot();
    await again();
    expect(server.snapshot()).to.deep.equal(before);
  }).timeout(60_000);

  it('refuses a write that it cannot keep, and is none the worse for it', async () => {
    await server.client.create(kinds.configMaps, map('a'));
    const before = server.snapshot();
    const { store: kept } = server.registry.around;
    kept.keepWith(() => {
      throw new Error('no space left on device');
    });
    const error = await server.client.create(kinds.configMaps, map('b')).catch((refused: Error) => refused);
    expect((error as Error).message).to.contain('no space left');
    expect(server.snapshot()).to.deep.equal(before);
  });

  it('is the same server to its clients: certificates and token stay', async () => {
    const first = await server.listen();
    await again();
    const second = await server.listen();
    expect([second.token, second.caPem]).to.deep.equal([first.token, first.caPem]);
    expect(statSync(join(folder, 'credentials.json')).mode & 0o077).to.equal(0);
    const elsewhere = await server.listen({ host: 'localhost' });
    expect(elsewhere.caPem).to.equal(first.caPem);
  });

  it('makes new certificates before the old ones end', async () => {
    await server.stop();
    const year = 365 * 24 * 3600 * 1000;
    const first = new ApiServer({ data: folder, clock: new VirtualClock() });
    const { caPem } = await first.listen();
    await first.stop();
    const clock = new VirtualClock(new VirtualClock().now() + year);
    server = new ApiServer({ data: folder, clock });
    expect((await server.listen()).caPem).to.not.equal(caPem);
  });
});

describe('a cluster with a data directory', () => {
  it('runs its pods again as after a reboot of their node, and lets those that ended rest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'data-'));
    const start = async (clock: VirtualClock) => DevCluster.start({ clock, data: folder, nodes: [{ name: 'node-1' }] });
    try {
      let clock = new VirtualClock();
      let cluster = await start(clock);
      await cluster.client.create(kinds.deployments, aDeployment('web', { replicas: 2 }));
      await clock.advance(60_000);
      const uids = (await cluster.client.list(kinds.pods)).items.map(({ metadata }) => metadata.uid);
      await cluster.stop();
      expect(existsSync(join(folder, 'lock'))).to.equal(false);

      clock = new VirtualClock(clock.now() + 3_600_000);
      cluster = await start(clock);
      await clock.advance(60_000);
      const pods = (await cluster.client.list(kinds.pods)).items as Event[];
      expect(pods.map(({ metadata }) => metadata.uid)).to.deep.equal(uids);
      for (const { status } of pods) {
        expect(status.phase).to.equal('Running');
        const [web] = status.containerStatuses;
        expect(web).to.include({ restartCount: 1, ready: true });
        expect(web.lastState.terminated).to.include({ exitCode: 255, reason: 'Unknown' });
      }
      expect((await cluster.client.list(kinds.nodes)).items).to.have.length(1);
      await cluster.stop();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
