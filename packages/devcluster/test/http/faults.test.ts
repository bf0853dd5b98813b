import { ApiServer, type FaultRule, faults, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

const path = '/api/v1/namespaces/default/configmaps';

describe('injected faults', () => {
  let clock: VirtualClock;
  let server: ApiServer;
  beforeEach(() => {
    clock = new VirtualClock();
    server = new ApiServer({ clock });
  });
  const inject = (...rules: FaultRule[]): void => void server.middlewares.push(faults(clock, rules));
  const create = (name: string, headers: Record<string, string> = {}) =>
    server.transport.request({ method: 'POST', path, headers, body: JSON.stringify({ metadata: { name } }) });
  const statusOf = async (method: string, at: string): Promise<number> =>
    (await server.transport.request({ method, path: at })).status;

  it('are for one verb, one resource and one request, unless more are asked for', async () => {
    inject({
      fault: { kind: 'answer', status: 503, reason: 'ServiceUnavailable' },
      verbs: ['create'],
      resources: ['configmaps'],
    });
    expect(await statusOf('GET', path)).to.equal(200);
    expect(await statusOf('GET', '/version')).to.equal(200);
    expect((await create('a')).status).to.equal(503);
    expect((await create('a')).status).to.equal(201);
  });

  it('know a client by its user agent, and go on for as many requests as they are told', async () => {
    const fault = { kind: 'answer', status: 429, reason: 'TooManyRequests', retryAfterSeconds: 7 } as const;
    inject({ fault, userAgent: /^mine\//, count: 2 });
    expect((await create('a')).status).to.equal(201);
    const mine = { 'user-agent': 'mine/1.0' };
    const first = await create('b', mine);
    expect([first.status, first.headers['retry-after']]).to.deep.equal([429, '7']);
    expect((await create('b', mine)).status).to.equal(429);
    expect((await create('b', mine)).status).to.equal(201);
  });

  it('delay by the clock', async () => {
    inject({ fault: { kind: 'delay', ms: 60_000 }, verbs: ['create'] });
    let answered = false;
    const answer = create('a').then(() => {
      answered = true;
    });
    await clock.advance(59_000);
    expect(answered).to.equal(false);
    await clock.advance(1_000);
    await answer;
    expect(await statusOf('GET', `${path}/a`)).to.equal(200);
  });

  it('lose the answer to a write that was done', async () => {
    inject({ fault: { kind: 'reset' }, verbs: ['create'] });
    const { body } = await create('a');
    const lost = await (async () => {
      for await (const _ of body);
    })().catch((error: Error) => error.message);
    expect(lost).to.contain('reset');
    expect(await statusOf('GET', `${path}/a`)).to.equal(200);
  });

  it('cut a watch after some events, and tell events twice', async () => {
    inject(
      { fault: { kind: 'cut', afterEvents: 1 }, verbs: ['watch'] },
      { fault: { kind: 'duplicate' }, verbs: ['watch'] },
    );
    for (const expected of ['cut', 'twice']) {
      const { body } = await server.transport.request({ method: 'GET', path: `${path}?watch=true` });
      const pieces = body[Symbol.asyncIterator]();
      await create(`for-${expected}`);
      const first = await pieces.next();
      const second = await pieces.next().catch((error: Error) => error.message);
      if (expected === 'cut') expect(second).to.contain('reset');
      else expect(second).to.deep.equal(first);
    }
  });

  const watch = async (query = '') => {
    const { body } = await server.transport.request({ method: 'GET', path: `${path}?watch=true${query}` });
    const pieces = body[Symbol.asyncIterator]();
    return async (): Promise<string | undefined> => {
      const { done, value } = await pieces.next();
      if (done) return undefined;
      const { type, object } = JSON.parse(value) as { type: string; object: { metadata: { name: string } } };
      return `${type} ${object.metadata.name}`;
    };
  };

  it('tell the events of a watch out of order', async () => {
    inject({ fault: { kind: 'reorder', withinMs: 1_000 }, verbs: ['watch'] });
    const next = await watch();
    const seen = [next()];
    await create('a');
    await create('b');
    seen.push(next());
    expect(await Promise.all(seen)).to.deep.equal(['ADDED b', 'ADDED a']);
  });

  it('tell an event that stays alone after its time, and none twice or never', async () => {
    inject({ fault: { kind: 'reorder', withinMs: 1_000 }, verbs: ['watch'] });
    const next = await watch('&timeoutSeconds=60');
    const first = next();
    await create('a');
    await clock.advance(999);
    expect(await Promise.race([first, Promise.resolve('nothing')])).to.equal('nothing');
    await clock.advance(1);
    expect(await first).to.equal('ADDED a');
    await create('b');
    expect(await next()).to.equal('ADDED b');
    await create('c');
    const last = next();
    await clock.advance(60_000);
    expect(await last).to.equal('ADDED c');
    expect(await next()).to.equal(undefined);
  });

  it('answer a list as it was some writes ago, but not older than the client allows', async () => {
    inject({ fault: { kind: 'stale', writes: 2 }, verbs: ['list'], count: Number.POSITIVE_INFINITY });
    const list = async (query = '') => {
      const { body } = await server.transport.request({ method: 'GET', path: `${path}${query}` });
      let text = '';
      for await (const piece of body) text += piece;
      const { metadata, items } = JSON.parse(text);
      return { revision: metadata.resourceVersion, names: items.map((item: typeof metadata) => item.metadata.name) };
    };
    for (const name of ['a', 'b', 'c', 'd']) await create(name);
    const { revision, names } = await list();
    expect(names).to.deep.equal(['a', 'b']);
    expect((await list('?resourceVersion=0')).names).to.deep.equal(['a', 'b']);
    const atLeast = `?resourceVersion=${Number(revision) + 1}&resourceVersionMatch=NotOlderThan`;
    expect((await list(atLeast)).names).to.deep.equal(['a', 'b', 'c']);
    server.compact();
    expect((await list()).names).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('send a watch back to its list', async () => {
    inject({ fault: { kind: 'answer', status: 410, reason: 'Expired' }, verbs: ['watch'] });
    expect(await statusOf('GET', `${path}?watch=true&resourceVersion=1`)).to.equal(410);
  });
});

describe('a server without streaming lists', () => {
  it('ends such a watch with an error, and serves every other', async () => {
    const server = new ApiServer({ streamingLists: false, clock: new VirtualClock() });
    const first = async (query: string) => {
      const { status, body } = await server.transport.request({ method: 'GET', path: `${path}?watch=true${query}` });
      const { value } = await body[Symbol.asyncIterator]().next();
      const { type, object } = JSON.parse(value as string);
      return [status, type, object.code ?? object.metadata.name];
    };
    const streaming = '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    expect(await first(streaming)).to.deep.equal([200, 'ERROR', 500]);
    const made = { method: 'POST', path, body: '{"metadata":{"name":"a"}}' };
    await server.transport.request(made);
    expect(await first('&resourceVersion=0')).to.deep.equal([200, 'ADDED', 'a']);
  });
});
