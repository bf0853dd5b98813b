import type { Transport } from '@kaito-sdk/core';
import { expect } from 'chai';
import type { Output } from '../../dist/commands/output.js';
import { watchList, watchOne } from '../../dist/commands/watch-status.js';
import { Attended } from '../support/attended.js';
import { phiWorkspace, WORKSPACES, World } from '../support/world.js';

describe('kaito status --watch', function () {
  this.timeout(60_000);
  let world: World;
  const running: Attended[] = [];
  beforeEach(async () => {
    world = await World.start();
    await world.operate();
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
    await world?.stop();
  });

  const list = async (output: Output = 'table', namespace: string | undefined = 'default'): Promise<Attended> => {
    const one = await Attended.start(world.clock, world.cluster.transport, (cluster, io) =>
      watchList(cluster, namespace, output, io),
    );
    running.push(one);
    return one;
  };
  const one = async (name: string, output: Output = 'table'): Promise<Attended> => {
    const place = { namespace: 'default', name };
    const started = await Attended.start(world.clock, world.cluster.transport, (cluster, io) =>
      watchOne(cluster, place, output, io),
    );
    running.push(started);
    return started;
  };
  const states = (lines: readonly string[]) => lines.map((line) => line.split(/ {2,}/).slice(1, 7).join(' '));

  it('prints what is there, and then a row for each change, until Ctrl-C', async () => {
    await world.apply(phiWorkspace({ name: 'bad', preset: 'phi-5' }));
    const watched = await list();
    const [head, bad] = watched.news();
    expect(head).to.match(/^NAMESPACE +NAME +INSTANCE +NODES +STATE +REASON +\$\/HOUR +AGE$/);
    expect(bad).to.match(/^default +bad +Standard_NC6s_v3 +0 +blocked +UnknownPreset +- +\d+s$/);
    await world.apply(phiWorkspace({ name: 'good' }));
    await world.untilReady('good');
    const rows = states(watched.news());
    expect(rows).to.include('good Standard_NC6s_v3 0 waiting NodeClaimNotReady -');
    expect(rows.at(-1)).to.equal('good Standard_NC6s_v3 1 ready workspaceReady 3.06');
    expect(new Set(rows).size, 'each row once').to.equal(rows.length);
    expect(
      rows.filter((row) => row.startsWith('bad')),
      'what does not change',
    ).to.deep.equal([]);
    await world.delete('good');
    await world.untilGone('good');
    expect(states(watched.news()).at(-1)).to.match(/^good Standard_NC6s_v3 \d deleted /);
    expect([await watched.stop(), watched.err]).to.deep.equal([0, '']);
  });

  it('keeps its columns where they are, and begins with their names when the first Workspace comes', async () => {
    const watched = await list();
    expect([watched.out, watched.err]).to.deep.equal(['', 'kaito status: no Workspaces in namespace default yet\n']);
    await world.apply(phiWorkspace());
    await world.untilReady();
    const lines = watched.news();
    expect(lines[0]).to.match(/^NAMESPACE/);
    expect(new Set(lines.map((line) => line.search(/STATE|(?<=\d +)(unseen|waiting|ready)/))).size).to.equal(1);
  });

  it('gives programs one JSON object a line, with what happened', async () => {
    const watched = await list('json');
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.delete();
    await world.untilGone();
    const events = watched.news().map((line) => JSON.parse(line));
    expect(events[0]).to.include({ event: 'ADDED', namespace: 'default', name: 'demo', state: 'unseen' });
    expect(events.filter(({ event }) => event === 'MODIFIED').map(({ state }) => state)).to.include('ready');
    expect(events.at(-1)).to.include({ event: 'DELETED', name: 'demo', state: 'deleted' });
  });

  it('is documents of YAML where that is asked for', async () => {
    const watched = await list('yaml');
    await world.apply(phiWorkspace());
    expect(watched.out).to.match(/^---\nevent: ADDED\nnamespace: default\nname: demo\n/);
  });

  it('looks at all namespaces, or at one', async () => {
    const all = await Attended.start(world.clock, world.cluster.transport, (cluster, io) =>
      watchList(cluster, undefined, 'table', io),
    );
    running.push(all);
    const other = await list('table', 'other');
    await world.apply(phiWorkspace());
    expect(all.out).to.match(/^default +demo /m);
    expect(other.out).to.equal('');
  });

  it('survives a lost connection, and says so in a line when it is lost and when it is back', async () => {
    await world.apply(phiWorkspace());
    const watched = await list();
    watched.news();
    watched.away = true;
    await watched.cut();
    await world.untilReady();
    expect(watched.news()).to.deep.equal([]);
    expect(watched.err).to.equal(
      'kaito status: lost the connection to the API server (read ECONNRESET (injected)); trying until it is back\n',
    );
    watched.away = false;
    await world.clock.advance(2 * 60_000);
    expect(states(watched.news()).at(-1)).to.equal('demo Standard_NC6s_v3 1 ready workspaceReady 3.06');
    expect(watched.err).to.match(/is back\nkaito status: the connection is back\n$/);
    watched.away = true;
    await watched.cut();
    expect(watched.err.match(/lost the connection/g)).to.have.length(2);
  });

  it('ends with the error when the server is not there from the start', async () => {
    const away = { request: async () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:6443')) };
    const watched = await Attended.start(world.clock, away, (cluster, io) =>
      watchList(cluster, 'default', 'table', io),
    );
    await world.clock.advance(5_000);
    expect(watched.error?.message).to.match(/got no answer: connect ECONNREFUSED 127\.0\.0\.1:6443/);
  });

  for (const [what, code] of [
    ['is not known', 401],
    ['may not', 403],
  ] as const) {
    it(`ends with the refusal when whoever asks ${what}`, async () => {
      const refused = JSON.stringify({ kind: 'Status', code, message: 'no right to watch' });
      const body = async function* () {
        yield refused;
      };
      const refusing = { request: async () => ({ status: code, headers: {}, body: body() }) };
      const watched = await Attended.start(world.clock, refusing, (cluster, io) =>
        watchList(cluster, 'default', 'table', io),
      );
      expect(watched.error?.message).to.match(/was refused .*no right to watch/);
    });
  }

  it('bears with a server that refuses for seconds, as one does that comes up, and ends when it goes on refusing', async () => {
    await world.apply(phiWorkspace());
    const body = async function* () {
      yield JSON.stringify({ kind: 'Status', code: 403, message: 'no right to watch' });
    };
    const { transport } = world.cluster;
    let refuses = false;
    const fickle: Transport = {
      request: async (request) => (refuses ? { status: 403, headers: {}, body: body() } : transport.request(request)),
    };
    const watched = await Attended.start(world.clock, fickle, (cluster, io) =>
      watchList(cluster, 'default', 'table', io),
    );
    running.push(watched);
    refuses = true;
    await watched.cut();
    await world.clock.advance(20_000);
    expect(watched.error).to.equal(undefined);
    refuses = false;
    await world.clock.advance(60_000);
    expect(watched.err).to.match(/the connection is back\n$/);
    refuses = true;
    await watched.cut();
    await world.clock.advance(120_000);
    expect(watched.error?.message).to.match(/was refused .*no right to watch/);
  });

  it('of one tells its story, and goes on with each happening and each reason to wait', async () => {
    await world.apply(phiWorkspace());
    const watched = await one('demo');
    expect(watched.news()[0]).to.match(/^WHEN +TOOK +WHAT$/);
    await world.untilReady();
    const told = watched.news().map((line) => line.replace(/^\S+ +(\d+\S+)? +/, ''));
    expect(told.at(-1)).to.equal('ready');
    expect(told).to.include('nodes joined and ready').and.to.include('GPUs visible');
    expect(told.some((line) => /^waiting at ResourceReady \(NodePluginsNotReady\): /.test(line))).to.equal(true);
    expect(new Set(told).size, 'each once').to.equal(told.length);
    await world.delete();
    await world.untilGone();
    expect(watched.news().at(-1)).to.match(/ deleted$/);
    expect(watched.code).to.equal(0);
  });

  it('of one gives programs its whole story at each change', async () => {
    await world.apply(phiWorkspace());
    const watched = await one('demo', 'json');
    await world.untilReady();
    const last = JSON.parse(watched.news().at(-1) ?? '');
    expect(last).to.include({ event: 'MODIFIED', state: 'ready' });
    expect(last.happenings[0].what).to.equal('created');
  });

  it('of one that is not there ends with 1', async () => {
    await world.cluster.client.create(WORKSPACES, phiWorkspace({ name: 'other' }) as never);
    const watched = await one('none');
    expect([watched.code, watched.err]).to.deep.equal([
      1,
      'kaito status: there is no Workspace default/none; kaito status lists them\n',
    ]);
  });
});
