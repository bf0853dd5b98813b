import { tinyAdapters } from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import OpenAI, { APIError, APIUserAbortError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { ScriptedEngine } from './support/scripted-engine.js';
import { type Served, served, tinyEngine, tinyEngineWith, until } from './support/served.js';

const messages = [{ role: 'user' as const, content: 'What is Kubernetes?' }];
const answer = /^Kubernetes is an open source system .*\.$/;

function clientOf({ url }: Served): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'nobody asks for it', maxRetries: 0 });
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe("OpenAI's own client library", () => {
  describe('with the tiny model and an adapter', () => {
    let here: Served;
    let client: OpenAI;
    before(async () => {
      here = await served(await tinyEngineWith([{ name: 'pirate', path: tinyAdapters.pirate, strength: 1 }]));
      client = clientOf(here);
    });
    after(() => here.stop());

    it('lists the models', async () => {
      const ids: string[] = [];
      for await (const { id } of client.models.list()) ids.push(id);
      expect(ids).to.deep.equal(['tiny', 'pirate']);
    });

    it('gets a chat completion, from the model or from the adapter', async () => {
      const { choices, usage, model, object } = await client.chat.completions.create({ model: 'tiny', messages });
      expect([model, object]).to.deep.equal(['tiny', 'chat.completion']);
      expect(choices[0]?.message.content).to.match(answer);
      expect(choices[0]?.finish_reason).to.equal('stop');
      expect(usage?.total_tokens).to.equal((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
      const pirate = await client.chat.completions.create({ model: 'pirate', messages });
      expect(pirate.choices[0]?.message.content).to.match(/^Arr, matey! Kubernetes/);
    });

    it('reads a chat completion as a stream, with the counts at the end', async () => {
      const stream = await client.chat.completions.create({
        model: 'tiny',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = '';
      const ends: (string | null | undefined)[] = [];
      let tokens = 0;
      for await (const { choices, usage } of stream) {
        text += choices[0]?.delta.content ?? '';
        if (choices[0]?.finish_reason) ends.push(choices[0].finish_reason);
        tokens = usage?.completion_tokens ?? tokens;
      }
      expect(text).to.match(answer);
      expect(ends).to.deep.equal(['stop']);
      expect(tokens).to.be.greaterThan(10);
    });

    it('puts a stream together by its helper', async () => {
      const stream = client.chat.completions.stream({ model: 'pirate', messages });
      expect(await stream.finalContent()).to.match(/^Arr, matey! Kubernetes .* Yo ho ho!$/);
    });

    it('gets and streams a text completion', async () => {
      const prompt = '<|user|>\nWhat is Kubernetes?<|end|>\n<|assistant|>\n';
      const whole = await client.completions.create({ model: 'tiny', prompt, max_tokens: 100 });
      expect(whole.choices[0]?.text).to.match(answer);
      const stream = await client.completions.create({ model: 'tiny', prompt, max_tokens: 100, stream: true });
      let text = '';
      for await (const { choices } of stream) text += choices[0]?.text ?? '';
      expect(text).to.equal(whole.choices[0]?.text);
    });

    it('has its stop sequences, its limit and its seed kept', async () => {
      const create = (more: object) => client.chat.completions.create({ model: 'tiny', messages, ...more });
      expect((await create({ stop: [' system'] })).choices[0]?.message.content).to.equal(
        'Kubernetes is an open source',
      );
      expect((await create({ max_completion_tokens: 3 })).choices[0]?.finish_reason).to.equal('length');
      const hot = { temperature: 2, seed: 7, max_completion_tokens: 12 };
      expect((await create(hot)).choices[0]?.message.content).to.equal((await create(hot)).choices[0]?.message.content);
    });

    it('hears of a model that is not there', async () => {
      const error = await errorOf(client.chat.completions.create({ model: 'gpt', messages }));
      expect(error)
        .to.be.instanceOf(NotFoundError)
        .and.include({ status: 404, code: 'model_not_found', param: 'model' });
    });

    it('hears of what cannot be followed, with its name', async () => {
      const error = await errorOf(client.chat.completions.create({ model: 'tiny', messages, n: 2 }));
      expect(error).to.be.instanceOf(BadRequestError).and.include({ status: 400, param: 'n' });
    });

    it('hears before the first event that a stream cannot begin', async () => {
      const error = await errorOf(client.chat.completions.create({ model: 'gpt', messages, stream: true }));
      expect(error).to.be.instanceOf(NotFoundError);
    });

    it('hears of a prompt that does not fit', async () => {
      const content = 'model '.repeat(600);
      const error = await errorOf(
        client.chat.completions.create({ model: 'tiny', messages: [{ role: 'user', content }] }),
      );
      expect(error).to.be.instanceOf(BadRequestError).and.have.property('code', 'context_length_exceeded');
    });

    it('hears of a path that is not served', async () => {
      const error = await errorOf(client.embeddings.create({ model: 'tiny', input: 'x' }));
      expect(error).to.be.instanceOf(NotFoundError);
    });
  });

  describe('with an engine that takes its time', () => {
    let here: Served;
    let engine: ScriptedEngine;
    beforeEach(async () => {
      engine = new ScriptedEngine();
      here = await served(engine, { queue: 0 });
    });
    afterEach(async () => {
      engine.let(100);
      await here.stop();
    });
    const create = (signal?: AbortSignal) =>
      clientOf(here).chat.completions.create({ model: 'scripted', messages }, signal ? { signal } : {});

    it('hears that too many wait, and when to come back', async () => {
      engine.hold();
      const first = create();
      await until(() => engine.begun.length === 1);
      const error = await errorOf(create());
      expect(error).to.be.instanceOf(RateLimitError);
      expect((error as APIError).headers?.get('retry-after')).to.equal('1');
      engine.let(100);
      expect((await first).choices[0]?.message.content).to.equal('Yes, it works.');
    });

    it('gives its turn back when it is aborted, before or in the middle of a stream', async () => {
      engine.hold();
      const abort = new AbortController();
      const aborted = errorOf(create(abort.signal));
      await until(() => engine.begun.length === 1);
      abort.abort();
      expect(await aborted).to.be.instanceOf(APIUserAbortError);
      await until(() => engine.ended === 1);

      const stream = await (async () => {
        engine.let(1);
        return clientOf(here).chat.completions.create({ model: 'scripted', messages, stream: true });
      })();
      for await (const { choices } of stream) if (choices[0]?.delta.content) break;
      await until(() => engine.ended === 2);
      engine.let(100);
      expect((await create()).choices[0]?.message.content).to.equal('Yes, it works.');
    });

    it('hears that the model is still being loaded', async () => {
      engine.loaded = false;
      expect(await errorOf(create()))
        .to.be.instanceOf(APIError)
        .and.have.property('status', 503);
    });
  });

  it('comes back by itself after it was told to', async () => {
    const engine = new ScriptedEngine();
    engine.loaded = false;
    const here = await served(engine);
    const client = new OpenAI({ baseURL: `${here.url}/v1`, apiKey: 'x', maxRetries: 5 });
    const answered = client.chat.completions.create({ model: 'scripted', messages });
    await until(() => here.lines.some((line) => line.includes('503')));
    engine.loaded = true;
    expect((await answered).choices[0]?.message.content).to.equal('Yes, it works.');
    await here.stop();
  });

  it('streams from a server without adapters as well', async () => {
    const here = await served(await tinyEngine());
    const stream = clientOf(here).chat.completions.stream({ model: 'kaito-tiny-phi3', messages });
    expect(await stream.finalContent()).to.match(answer);
    await here.stop();
  });
});
