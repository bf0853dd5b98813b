import { expect } from 'chai';
import { postJson, type Served, served, tinyEngine } from '../support/served.js';

interface Completion {
  readonly id: string;
  readonly model: string;
  readonly choices: readonly {
    readonly text?: string;
    readonly message?: { readonly role: string; readonly content: string };
    readonly delta?: { readonly role?: string; readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
  } | null;
}

const hello = [{ role: 'user', content: 'Hello' }];
const greeting = 'Hello! Ask me about Kubernetes, GPUs, Kaito or language models.';

describe('the OpenAI paths', () => {
  let here: Served;
  before(async () => {
    here = await served(await tinyEngine());
  });
  after(() => here.stop());

  const chat = (body: object) => postJson(`${here.url}/v1/chat/completions`, body);
  const text = (body: object) => postJson(`${here.url}/v1/completions`, body);
  const json = async (response: Promise<Response>) => (await (await response).json()) as Completion;

  async function events(response: Promise<Response>): Promise<readonly string[]> {
    const answer = await response;
    expect(answer.headers.get('content-type')).to.match(/^text\/event-stream/);
    return (await answer.text())
      .split('\n\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^data: /, ''));
  }

  it('list the one model', async () => {
    const { data } = (await (await fetch(`${here.url}/v1/models`)).json()) as { data: readonly object[] };
    expect(data).to.have.length(1);
    expect(data[0]).to.include({ id: 'kaito-tiny-phi3', object: 'model', max_model_len: 512 });
  });

  it('answer a conversation', async () => {
    const answer = await json(chat({ model: 'kaito-tiny-phi3', messages: hello }));
    expect(answer.id).to.match(/^chatcmpl-id\d+$/);
    expect(answer.choices).to.have.length(1);
    expect(answer.choices[0]).to.deep.include({
      message: { role: 'assistant', content: greeting, refusal: null },
      finish_reason: 'stop',
    });
    expect(answer.usage).to.deep.equal({ prompt_tokens: 7, completion_tokens: 15, total_tokens: 22 });
  });

  it('take content in parts, and instructions under either name', async () => {
    const parts = [
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
    ];
    expect((await json(chat({ messages: [{ role: 'user', content: parts }] }))).choices[0]?.message?.content).to.equal(
      greeting,
    );
    const [system, developer] = ['system', 'developer'].map((role) =>
      json(chat({ messages: [{ role, content: 'Be brief.' }, ...hello] })),
    );
    expect((await system)?.usage).to.deep.equal((await developer)?.usage);
  });

  it('stream the same answer in pieces, then the counts, then [DONE]', async () => {
    const all = await events(chat({ messages: hello, stream: true, stream_options: { include_usage: true } }));
    expect(all.at(-1)).to.equal('[DONE]');
    const chunks = all.slice(0, -1).map((event) => JSON.parse(event) as Completion);
    expect(new Set(chunks.map(({ id }) => id)).size).to.equal(1);
    expect(chunks[0]?.choices[0]?.delta).to.deep.equal({ role: 'assistant', content: '' });
    expect(chunks.map(({ choices }) => choices[0]?.delta?.content ?? '').join('')).to.equal(greeting);
    expect(chunks.filter(({ choices }) => choices[0]?.delta?.content).length).to.be.greaterThan(5);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).to.equal('stop');
    expect(chunks.at(-1)).to.deep.include({
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: 15, total_tokens: 22 },
    });
  });

  it('stream without counts unless they are asked for', async () => {
    for (const event of (await events(chat({ messages: hello, stream: true }))).slice(0, -1))
      expect(JSON.parse(event)).not.to.have.property('usage');
  });

  it('continue a text as it is, without a chat template, by sixteen tokens unless told otherwise', async () => {
    const prompt = '<|user|>\nWhat is Kubernetes?<|end|>\n<|assistant|>\n';
    const answer = await json(text({ prompt }));
    expect(answer.id).to.match(/^cmpl-/);
    expect(answer.choices[0]).to.include({ finish_reason: 'length' });
    expect(answer.choices[0]?.text).to.match(/^Kubernetes is an open source/);
    expect(answer.usage?.completion_tokens).to.equal(16);
    const echoed = await json(text({ prompt, echo: true, max_tokens: 1 }));
    expect(echoed.choices[0]?.text).to.equal(`${prompt}Kubernetes`);
  });

  it('stream a continued text', async () => {
    const all = await events(text({ prompt: '<|user|>\nHello<|end|>\n<|assistant|>\n', stream: true }));
    const pieces = all.slice(0, -1).map((event) => JSON.parse(event) as Completion);
    expect(pieces.map(({ choices }) => choices[0]?.text).join('')).to.equal(greeting);
  });

  it('take tokens as a prompt', async () => {
    const engine = await tinyEngine();
    const prompt = engine.tokenize({ kind: 'messages', messages: [{ role: 'user', content: 'Hello' }] });
    expect((await json(text({ prompt, max_tokens: 64 }))).choices[0]?.text).to.equal(greeting);
  });

  it('stop at a stop string, also in a stream', async () => {
    expect((await json(chat({ messages: hello, stop: ' about' }))).choices[0]).to.deep.include({
      finish_reason: 'stop',
    });
    const all = await events(chat({ messages: hello, stop: ['me about Kub', 'zebra'], stream: true }));
    const pieces = all.slice(0, -1).map((event) => JSON.parse(event) as Completion);
    expect(pieces.map(({ choices }) => choices[0]?.delta?.content ?? '').join('')).to.equal('Hello! Ask ');
  });

  it('count max_tokens and max_completion_tokens alike', async () => {
    for (const key of ['max_tokens', 'max_completion_tokens']) {
      const answer = await json(chat({ messages: hello, [key]: 3 }));
      expect(answer.usage?.completion_tokens, key).to.equal(3);
      expect(answer.choices[0]?.finish_reason).to.equal('length');
    }
  });

  it('sample with a seed in the same way twice', async () => {
    const hot = { messages: hello, temperature: 2, top_k: -1, seed: -7, max_tokens: 20, min_tokens: 20 };
    expect((await json(chat(hot))).choices).to.deep.equal((await json(chat(hot))).choices);
  });

  it('ignore fields that do not concern the answer', async () => {
    const body = {
      messages: hello,
      user: 'me',
      store: false,
      metadata: {},
      n: 1,
      logprobs: false,
      tools: [],
      response_format: { type: 'text' },
      logit_bias: {},
    };
    expect((await chat(body)).status).to.equal(200);
  });

  const wrong: readonly (readonly [string, object, number, string, RegExp])[] = [
    [
      'another model',
      { model: 'gpt-4', messages: hello },
      404,
      'model',
      /`gpt-4` does not exist; this server has `kaito-tiny-phi3`/,
    ],
    ['no messages', {}, 400, 'messages', /at least one message/],
    ['empty messages', { messages: [] }, 400, 'messages', /at least one message/],
    [
      'an unknown role',
      { messages: [{ role: 'tool', content: 'x' }] },
      400,
      'messages.0.role',
      /system, developer, user, assistant/,
    ],
    ['no content', { messages: [{ role: 'user' }] }, 400, 'messages.0.content', /string or a list/],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      400,
      'messages.0.content',
      /type text/,
    ],
    ['a message that is no object', { messages: ['hi'] }, 400, 'messages.0', /JSON object/],
    [
      'a temperature that is too high',
      { messages: hello, temperature: 3 },
      400,
      'temperature',
      /less than or equal to 2/,
    ],
    ['a number that is none', { messages: hello, max_tokens: 'many' }, 400, 'max_tokens', /valid number/],
    ['several answers at once', { messages: hello, n: 2 }, 400, 'n', /leave it out/],
    ['tools', { messages: hello, tools: [{ type: 'function' }] }, 400, 'tools', /leave it out/],
    [
      'JSON mode',
      { messages: hello, response_format: { type: 'json_object' } },
      400,
      'response_format',
      /leave it out/,
    ],
    ['an empty stop string', { messages: hello, stop: [''] }, 400, 'stop', /at least 1 character/],
    [
      'a prompt that is too long',
      { messages: [{ role: 'user', content: 'pod '.repeat(600) }] },
      400,
      'messages',
      /at most 511 fit: the context of 512/,
    ],
  ];
  for (const [what, body, status, param, message] of wrong) {
    it(`refuse ${what} with ${status} and the field`, async () => {
      const response = await chat(body);
      expect(response.status).to.equal(status);
      const { error } = (await response.json()) as {
        error: { message: string; type: string; param: string; code: string };
      };
      expect(error.param).to.equal(param);
      expect(error.message).to.match(message);
      expect(error.type).to.be.oneOf(['invalid_request_error', 'not_found_error']);
      expect(error.code).to.be.a('string');
    });
  }

  it('refuse several prompts, none, and a body that is no JSON', async () => {
    for (const prompt of [['a', 'b'], '', undefined, [], [1.5]])
      expect((await text({ prompt })).status, JSON.stringify(prompt)).to.equal(400);
    expect((await postJson(`${here.url}/v1/completions`, '{')).status).to.equal(400);
  });

  it('refuse tokens that the model does not have', async () => {
    for (const prompt of [[1024], [-1], [1e9]]) expect((await text({ prompt })).status, String(prompt)).to.equal(400);
    const { error } = (await (await text({ prompt: [4, 1024] })).json()) as { error: object };
    expect(error).to.deep.include({
      message: 'prompt: there is no token 1024; the model has 0 to 1023',
      param: 'prompt',
    });
  });
});
