import { expect } from 'chai';
import { ScriptedEngine } from '../support/scripted-engine.js';
import { postJson, type Served, served, until } from '../support/served.js';

const messages = [{ role: 'user', content: 'Hello' }];
const adapters = ['voice', 'manner'].map((name) => ({ name, path: `/${name}`, strength: 1 }));

describe('a server with adapters', () => {
  let engine: ScriptedEngine;
  let here: Served;
  beforeEach(async () => {
    engine = new ScriptedEngine();
    engine.adapters = adapters;
    here = await served(engine, { adapterPath: (path) => path.replace('/container', '/') });
  });
  afterEach(() => here.stop());

  const post = (path: string, body: object) => postJson(`${here.url}${path}`, body);
  const used = () => engine.begun.at(-1)?.adapters ?? [];

  it('lists each of them after its model, as vLLM does', async () => {
    const { data } = (await (await fetch(`${here.url}/v1/models`)).json()) as { data: Record<string, unknown>[] };
    expect(data.map(({ id, parent }) => [id, parent])).to.deep.equal([
      ['scripted', undefined],
      ['voice', 'scripted'],
      ['manner', 'scripted'],
    ]);
  });

  it('answers by the one that a request names, on every path, and says so in the answer', async () => {
    for (const [path, prompt] of [
      ['/v1/chat/completions', { messages }],
      ['/v1/completions', { prompt: 'Hello' }],
    ] as const) {
      const answer = (await (await post(path, { model: 'voice', ...prompt })).json()) as { model: string };
      expect([answer.model, used()]).to.deep.equal(['voice', ['voice']]);
      expect((await post(path, { model: 'scripted', ...prompt })).status).to.equal(200);
      expect(used()).to.deep.equal([]);
      expect((await post(path, prompt)).status).to.equal(200);
      expect(used()).to.deep.equal([]);
    }
    await post('/chat', { model: 'manner', prompt: 'Hello' });
    expect(used()).to.deep.equal(['manner']);
    await post('/chat', { model: 'scripted', prompt: 'Hello' });
    expect(used()).to.deep.equal([]);
  });

  it('answers /chat without a name by all of them at once, as KAITO does', async () => {
    await post('/chat', { prompt: 'Hello' });
    expect(used()).to.deep.equal(['voice', 'manner']);
  });

  it('answers /chat without a name by the one that it was told to', async () => {
    const told = await served(engine, { chatModel: 'manner' });
    await postJson(`${told.url}/chat`, { prompt: 'Hello' });
    expect(used()).to.deep.equal(['manner']);
    await told.stop();
  });

  it('says which names there are when asked for another', async () => {
    for (const [path, body] of [
      ['/v1/chat/completions', { messages }],
      ['/v1/completions', { prompt: 'Hello' }],
      ['/chat', { prompt: 'Hello' }],
    ] as const) {
      const response = await post(path, { model: 'parrot', ...body });
      expect(response.status, path).to.equal(404);
      expect(await response.text()).to.include(
        'The model `parrot` does not exist; this server has `scripted`, `voice`, `manner`',
      );
    }
  });

  it('answers 404 to who waited for one that was given up meanwhile', async () => {
    engine.hold();
    const first = post('/chat', { prompt: 'Hello' });
    await until(() => engine.begun.length === 1);
    const second = post('/v1/completions', { model: 'voice', prompt: 'Hello' });
    while (!(await (await fetch(`${here.url}/metrics`)).text()).includes('requests_waiting 1')) {}
    await post('/v1/unload_lora_adapter', { lora_name: 'voice' });
    engine.let(100);
    expect((await first).status).to.equal(200);
    expect((await second).status).to.equal(404);
    expect((await post('/v1/completions', { prompt: 'Hello' })).status).to.equal(200);
  });

  it('does not let adapters come and go by request unless it was told to', async () => {
    const closed = await served(new ScriptedEngine());
    for (const path of ['load', 'unload'])
      expect((await postJson(`${closed.url}/v1/${path}_lora_adapter`, {})).status).to.equal(404);
    await closed.stop();
  });

  const refusals: readonly (readonly [string, string, object, number, RegExp])[] = [
    ['no name', 'load', { lora_path: '/tmp' }, 400, /Both 'lora_name' and 'lora_path' must be provided\./],
    ['no path', 'load', { lora_name: 'new' }, 400, /Both 'lora_name' and 'lora_path'/],
    ['a name that is a number', 'load', { lora_name: 1, lora_path: '/tmp' }, 400, /lora_name: .*valid string/],
    ['a name that is taken', 'load', { lora_name: 'voice', lora_path: '/tmp' }, 400, /already been loaded/],
    [
      "the model's name",
      'load',
      { lora_name: 'scripted', lora_path: '/tmp' },
      400,
      /conflicts with a served base model/,
    ],
    [
      'a path that is not there',
      'load',
      { lora_name: 'new', lora_path: '/container/x' },
      404,
      /No adapter found for \/container\/x/,
    ],
    ['what the engine refuses', 'load', { lora_name: 'odd', lora_path: '/tmp' }, 500, /cannot be odd/],
    ['no name to give up', 'unload', {}, 400, /'lora_name' needs to be provided/],
    ['a name to give up that nobody has', 'unload', { lora_name: 'new' }, 404, /'new' cannot be found\./],
  ];
  for (const [what, path, body, status, message] of refusals) {
    it(`refuses ${what}, in the words of vLLM`, async () => {
      const response = await post(`/v1/${path}_lora_adapter`, body);
      expect(response.status).to.equal(status);
      expect(await response.text()).to.match(message);
      expect(engine.adapters).to.equal(adapters);
    });
  }
});
