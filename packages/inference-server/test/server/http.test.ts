import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { ManualClock } from '../support/manual-clock.js';
import { ScriptedEngine } from '../support/scripted-engine.js';
import { postJson, type Served, served, until } from '../support/served.js';

describe('the HTTP server', () => {
  let engine: ScriptedEngine;
  let here: Served;

  async function start(options: Parameters<typeof served>[1] = {}, pieces?: readonly string[]): Promise<void> {
    engine = new ScriptedEngine(pieces);
    here = await served(engine, options);
  }

  afterEach(async () => {
    engine.let(1_000_000);
    await here.stop();
  });

  const get = (path: string, init?: RequestInit) => fetch(here.url + path, init);
  const chat = (prompt = 'Hello', init?: RequestInit) => postJson(`${here.url}/chat`, { prompt }, init);

  describe('before the model is loaded', () => {
    beforeEach(async () => {
      await start();
      engine.loaded = false;
    });

    it('runs, but is not healthy', async () => {
      expect((await get('/')).status).to.equal(200);
      for (const path of ['/health', '/healthz']) {
        const response = await get(path);
        expect(response.status).to.equal(500);
        expect(await response.json()).to.deep.equal({ detail: 'Model not initialized' });
      }
    });

    it('asks clients to come back', async () => {
      const response = await chat();
      expect(response.status).to.equal(503);
      expect(response.headers.get('retry-after')).to.equal('1');
      expect((await get('/v1/models')).status).to.equal(503);
    });
  });

  it('says that it is healthy, in the words of KAITO', async () => {
    await start();
    expect(await (await get('/healthz')).json()).to.deep.equal({ status: 'Healthy' });
    expect(await (await get('/health')).json()).to.deep.equal({ status: 'Healthy' });
    expect(await (await get('/')).json()).to.deep.equal({ message: 'Server is running' });
  });

  it('answers HEAD like GET without a body', async () => {
    await start();
    for (const path of ['/healthz', '/metrics']) {
      const response = await get(path, { method: 'HEAD' });
      expect(response.status).to.equal(200);
      expect(await response.text()).to.equal('');
      expect(Number(response.headers.get('content-length'))).to.be.greaterThan(0);
    }
  });

  it('answers an unknown path with 404 in the form of its API', async () => {
    await start();
    expect(await (await get('/nothing')).json()).to.deep.equal({ detail: 'Not Found' });
    const { error } = (await (await get('/v1/nothing')).json()) as { error: object };
    expect(error).to.include({ message: 'Not Found', type: 'not_found_error', code: 'not_found' });
  });

  it('answers another method with 405 and what is allowed', async () => {
    await start();
    const wrong = await get('/chat');
    expect([wrong.status, wrong.headers.get('allow')]).to.deep.equal([405, 'POST']);
    const post = await postJson(`${here.url}/healthz`, {});
    expect([post.status, post.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
  });

  it('leaves the query string out of the path', async () => {
    await start();
    expect((await get('/healthz?probe=1')).status).to.equal(200);
  });

  it('leaves out the paths that it is told to', async () => {
    await start({ serves: (path) => path !== '/chat' });
    expect((await chat()).status).to.equal(404);
  });

  it('answers a body that is too large with 413', async () => {
    await start({ maxBody: 100 });
    const response = await chat('x'.repeat(200));
    expect(response.status).to.equal(413);
    expect(await response.json())
      .to.have.property('detail')
      .that.matches(/larger than 100 bytes/);
    expect((await chat('short')).status).to.equal(200);
  });

  it('answers a body that never says its length and grows too large with 413', async () => {
    await start({ maxBody: 100 });
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${here.url}/chat`, { method: 'POST' }, (response) => resolve(response.statusCode));
      sent.on('error', reject);
      sent.write('x'.repeat(150));
      sent.end('x'.repeat(150));
    });
    expect(status).to.equal(413);
  });

  it('joins prompt and answer with a new line', async () => {
    await start();
    expect(await (await chat('Does it work?')).json()).to.deep.equal({ Result: 'Does it work?\nYes, it works.' });
  });

  it('cuts the beginning of a long prompt only when asked to', async () => {
    await start();
    const prompt = 'x'.repeat(100);
    const refused = await postJson(`${here.url}/chat`, { prompt });
    expect(refused.status).to.equal(400);
    expect(((await refused.json()) as { detail: string }).detail).to.match(
      /100 tokens .* at most 63 fit: the context of 64/,
    );
    const kwargs = { max_new_tokens: 8 };
    const cut = await postJson(`${here.url}/chat`, { prompt, handle_long_generation: 'hole', generate_kwargs: kwargs });
    expect(cut.status).to.equal(200);
  });

  it('answers an unexpected fault of the engine with 500, logs it, and goes on', async () => {
    await start();
    const tokenize = engine.tokenize.bind(engine);
    engine.tokenize = () => {
      throw new Error('out of luck');
    };
    const response = await chat();
    expect(response.status).to.equal(500);
    expect(await response.json()).to.deep.equal({ detail: 'Internal Server Error' });
    expect(here.lines.some((line) => line.startsWith('error /chat: Error: out of luck'))).to.equal(true);
    engine.tokenize = tokenize;
    expect((await chat()).status).to.equal(200);
  });

  describe('under load', () => {
    it('answers the rest in turn, and more than the queue holds with 429 and a time to come back', async () => {
      await start({ queue: 2 });
      engine.hold();
      const first = [chat(), chat(), chat()];
      await until(() => engine.begun.length === 1);
      const metrics = async () => (await get('/metrics')).text();
      while (!(await metrics()).includes('kaito_inference_requests_waiting 2')) {}
      const turnedAway = await chat();
      expect(turnedAway.status).to.equal(429);
      expect(Number(turnedAway.headers.get('retry-after'))).to.be.at.least(1);
      const openAi = await postJson(`${here.url}/v1/completions`, { prompt: 'Hi', stream: true });
      expect(openAi.status).to.equal(429);
      expect(((await openAi.json()) as { error: object }).error).to.include({
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
      });
      engine.let(1_000);
      for (const answer of first) expect((await answer).status).to.equal(200);
      expect(await metrics()).to.include('kaito_inference_rejected_total 2');
    });

    it('stops generating when the client hangs up, and frees its turn', async () => {
      await start({ queue: 0 });
      engine.hold();
      const hangUp = new AbortController();
      const gone = chat('Hello', { signal: hangUp.signal }).catch(() => 'gone');
      await until(() => engine.begun.length === 1);
      hangUp.abort();
      await gone;
      await until(() => engine.ended === 1);
      engine.let(1_000);
      expect((await chat()).status).to.equal(200);
    });

    it('takes a client that hangs up while waiting out of the queue', async () => {
      await start({ queue: 1 });
      engine.hold();
      const first = chat();
      await until(() => engine.begun.length === 1);
      const hangUp = new AbortController();
      const gone = chat('Hello', { signal: hangUp.signal }).catch(() => 'gone');
      const metrics = async () => (await get('/metrics')).text();
      while (!(await metrics()).includes('kaito_inference_requests_waiting 1')) {}
      hangUp.abort();
      await gone;
      while (!(await metrics()).includes('kaito_inference_requests_waiting 0')) {}
      engine.let(1_000);
      expect((await first).status).to.equal(200);
      expect(engine.begun).to.have.length(1);
    });

    it('stops a stream whose reader goes away', async () => {
      await start({ queue: 0 });
      engine.hold();
      const streaming = postJson(`${here.url}/v1/completions`, { prompt: 'Hi', stream: true });
      engine.let(1);
      const response = await streaming;
      const reader = response.body!.getReader();
      await reader.read();
      await reader.cancel();
      await until(() => engine.ended === 1);
      engine.let(1_000);
      expect((await chat()).status).to.equal(200);
    });

    it('gives the turn back when the client is gone before the first event', async () => {
      await start({ queue: 0 });
      engine.hold();
      const hangUp = new AbortController();
      const gone = postJson(
        `${here.url}/v1/completions`,
        { prompt: 'Hi', stream: true },
        { signal: hangUp.signal },
      ).catch(() => 'gone');
      await until(() => engine.begun.length === 1);
      hangUp.abort();
      await gone;
      await until(() => engine.ended === 1);
      engine.let(1_000);
      expect((await chat()).status).to.equal(200);
    });
  });

  describe('when it is drained', () => {
    it('finishes what runs and waits, takes nothing new, and then ends', async () => {
      await start();
      engine.hold();
      const [running, waiting] = [chat(), chat()];
      await until(() => engine.begun.length === 1);
      while (!(await (await get('/metrics')).text()).includes('kaito_inference_requests_waiting 1')) {}
      const drained = here.server.drain();
      expect(
        await chat().then(
          (response) => response.status,
          () => 'refused',
        ),
      ).to.be.oneOf(['refused', 503]);
      engine.let(1_000);
      expect((await running).status).to.equal(200);
      expect((await waiting).status).to.equal(200);
      await drained;
    });

    it('does not wait for connections on which nothing happens', async () => {
      await start();
      const { port, hostname } = new URL(here.url);
      const idle = connect(Number(port), hostname);
      await new Promise((resolve) => idle.once('connect', resolve));
      const closed = new Promise((resolve) => idle.once('close', resolve));
      idle.on('error', () => undefined).resume();
      idle.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await new Promise((resolve) => idle.once('data', resolve));
      await here.server.drain();
      await closed;
    });
  });

  it('counts responses, tokens and time for Prometheus', async () => {
    await start();
    await chat();
    await get('/nothing/at/all');
    await get('/another/nothing');
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    for (const line of [
      'kaito_inference_responses_total{path="/chat",status="200"} 1',
      'kaito_inference_responses_total{path="other",status="404"} 2',
      'kaito_inference_prompt_tokens_total 5',
      'kaito_inference_generated_tokens_total 3',
      'kaito_inference_requests_running 0',
      'kaito_inference_model_loaded 1',
      'kaito_inference_answer_seconds_bucket{le="+Inf"} 1',
      'kaito_inference_answer_seconds_count 1',
      'process_resident_memory_bytes 1024',
    ])
      expect(text.split('\n')).to.include(line);
    for (const line of text.trimEnd().split('\n'))
      expect(line).to.match(/^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[^}]*\})? [\d.e+-]+)$/);
  });

  describe('with slow clients', () => {
    let clock: ManualClock;
    const open = async (head: string): Promise<{ socket: Socket; said(): string }> => {
      const socket = connect(Number(new URL(here.url).port), '127.0.0.1');
      let said = '';
      socket.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1');
      });
      socket.write(head);
      return { socket, said: () => said };
    };
    const post = (path: string, length: number) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    beforeEach(() => {
      clock = new ManualClock();
    });

    it('does not wait for a body for ever, and says so', async () => {
      await start({ clock, clientSeconds: 5 });
      const { socket, said } = await open(`${post('/chat', 100)}{"prompt":`);
      await until(() => clock.waiting === 1);
      clock.step(4999);
      expect(said()).to.equal('');
      clock.step(1);
      await once(socket, 'close');
      expect(said())
        .to.match(/^HTTP\/1\.1 408 /)
        .and.include('did not arrive within 5 seconds');
    });

    it('waits no longer once the body is there', async () => {
      await start({ clock });
      expect((await chat()).status).to.equal(200);
      expect(clock.waiting).to.equal(0);
    });

    it('does not let one who does not read hold up the others, and hangs up on it in the end', async () => {
      const large = Array.from({ length: 24 }, () => 'x'.repeat(2 ** 20));
      await start({ clock, clientSeconds: 5 }, large);
      const body = JSON.stringify({ prompt: 'Hello', stream: true });
      const { socket } = await open(post('/v1/completions', body.length) + body);
      socket.pause();
      await until(() => engine.ended === 1);
      const next = postJson(`${here.url}/v1/completions`, { prompt: 'Hi', max_tokens: 1 });
      expect((await next).status).to.equal(200);
      await until(() => clock.waiting === 1);
      clock.step(5000);
      socket.resume();
      await once(socket, 'close');
      await until(() => clock.waiting === 0);
    });
  });
});
