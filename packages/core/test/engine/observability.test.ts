import {
  jsonLog,
  keyOf,
  keyText,
  Metrics,
  parseKey,
  serveHealth,
  silentLog,
  systemClock,
  textLog,
} from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

describe('metrics', () => {
  it('are written as Prometheus reads them', () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'jobs_total', help: 'Jobs.', labels: ['kind'] }).add(2, { kind: 'a "b"\\\n' });
    metrics.gauge({ name: 'depth', help: 'Depth.' }).set(3.5);
    const seconds = metrics.histogram({ name: 'seconds', help: 'Time.', labels: ['kind'], buckets: [0.1, 1] });
    seconds.observe(0.05, { kind: 'x' });
    seconds.observe(5, { kind: 'x' });
    expect(metrics.expose()).to.equal(
      [
        '# HELP jobs_total Jobs.',
        '# TYPE jobs_total counter',
        'jobs_total{kind="a \\"b\\"\\\\\\n"} 2',
        '# HELP depth Depth.',
        '# TYPE depth gauge',
        'depth 3.5',
        '# HELP seconds Time.',
        '# TYPE seconds histogram',
        'seconds_bucket{kind="x",le="0.1"} 1',
        'seconds_bucket{kind="x",le="1"} 1',
        'seconds_bucket{kind="x",le="+Inf"} 2',
        'seconds_sum{kind="x"} 5.05',
        'seconds_count{kind="x"} 2',
        '',
      ].join('\n'),
    );
  });

  it('are there at 0 once they are touched, and shared by name', () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'n', help: 'N.' }).touch();
    metrics.counter({ name: 'n', help: 'N.' }).add();
    metrics.histogram({ name: 'h', help: 'H.', buckets: [1] }).touch();
    expect(metrics.expose()).to.contain('\nn 1\n').and.to.contain('h_bucket{le="+Inf"} 0');
  });

  it('refuse to go down, or to be two things', () => {
    const metrics = new Metrics();
    const counter = metrics.counter({ name: 'n', help: 'N.' });
    expect(() => counter.add(-1)).to.throw(/cannot go down/);
    expect(() => metrics.gauge({ name: 'n', help: 'N.' })).to.throw(/is a counter, not a gauge/);
  });
});

describe('the log', () => {
  const lines: string[] = [];
  const options = { clock: new VirtualClock(), write: (line: string) => lines.push(line) };
  beforeEach(() => {
    lines.length = 0;
  });

  it('writes one JSON object a line, with what it was bound to', () => {
    jsonLog(options)
      .with({ controller: 'widget' })
      .warn('it went wrong', { error: new Error('why'), n: 1 });
    const line = JSON.parse(lines[0] ?? '');
    expect(line).to.include({
      time: '2026-01-01T00:00:00.000Z',
      level: 'warn',
      message: 'it went wrong',
      controller: 'widget',
      n: 1,
    });
    expect(line.error).to.match(/^Error: why\n/);
  });

  it('writes lines for people', () => {
    textLog(options).info('ready', { port: 80, name: 'a b', kind: 'x' });
    expect(lines).to.deep.equal(['00:00:00 info ready port=80 name="a b" kind=x']);
  });

  it('leaves out what is below its level', () => {
    const log = jsonLog({ ...options, level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    silentLog.with({}).error('e');
    expect(lines.map((line) => JSON.parse(line).message)).to.deep.equal(['c', 'd']);
  });
});

describe('the health server', () => {
  it('answers probes with a line for each check, and metrics', async () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'n', help: 'N.' }).touch();
    const server = await serveHealth({
      metrics,
      port: 0,
      host: '127.0.0.1',
      live: () => [{ name: 'running', ok: true }],
      ready: () => [
        { name: 'started', ok: true },
        { name: 'watch-pods', ok: false, message: 'forbidden' },
      ],
    });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return [response.status, await response.text()];
    };
    try {
      expect(await get('/healthz')).to.deep.equal([200, '[+]running ok\n']);
      expect(await get('/readyz?verbose')).to.deep.equal([503, '[+]started ok\n[-]watch-pods failed: forbidden\n']);
      expect((await get('/metrics'))[1]).to.contain('\nn 0\n');
      expect((await get('/'))[0]).to.equal(404);
    } finally {
      await server.close();
    }
  });

  it('says so when its port is taken', async () => {
    const options = { metrics: new Metrics(), live: () => [], ready: () => [], host: '127.0.0.1' };
    const server = await serveHealth({ ...options, port: 0 });
    const second = await serveHealth({ ...options, port: server.port }).catch(String);
    await server.close();
    expect(second).to.match(/EADDRINUSE/);
  });
});

describe('object keys', () => {
  it('are the same when written and read back', () => {
    for (const key of [
      { namespace: 'default', name: 'a' },
      { namespace: '', name: 'node-1' },
    ]) {
      expect(parseKey(keyText(key))).to.deep.equal(key);
    }
    expect(keyOf({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } })).to.deep.equal({
      namespace: '',
      name: 'n',
    });
  });
});

describe('the system clock', () => {
  it('runs tasks once, unless they are cancelled', async () => {
    const ran: string[] = [];
    const before = systemClock.now();
    systemClock.after(0, () => ran.push('cancelled at once'))();
    systemClock.after(5, () => ran.push('cancelled'))();
    await new Promise<void>((resolve) => {
      systemClock.after(0, () => ran.push('at once'));
      systemClock.after(10, resolve);
    });
    expect(ran).to.deep.equal(['at once']);
    expect(systemClock.now()).to.be.at.least(before);
  });
});
