import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeObject, plan, type Workspace } from '@kaito-sdk/core';
import { ggufToFolder, tinyAdapters, tinyModelPath } from '@kaito-sdk/inference-server';
import { chatSuite } from '@kaito-sdk/inference-server/chat-suite';
import { adapterLoader } from '@kaito-sdk/runtime-inference/stand-ins';
import { expect } from 'chai';
import OpenAI, { NotFoundError } from 'openai';
import { aWorkspace, catalogs, vllm } from '../fixtures.js';
import { freePort, type RunningVllm, startVllm } from './program.js';

interface Container {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/** What the loader's check is told of the tiny model, in the place of the sizes of Phi-3. */
const tinySizes = { layers: 4, hiddenSize: 128, intermediateSize: 384, attentionHeads: 2, kvHeads: 2, headDim: 64 };

/** Two adapters from volumes, on the GPU for which vLLM is rendered. */
const workspace = {
  ...aWorkspace({ instanceType: 'Standard_NC4as_T4_v3' }),
  inference: {
    preset: { name: 'phi-3-mini-4k-instruct' },
    adapters: [
      { source: { name: 'pirate', volumeSource: { emptyDir: {} } }, strength: '1.0' },
      { source: { name: 'polite', volumeSource: { emptyDir: {} } }, strength: '0.0' },
    ],
  },
} as Workspace;

/**
 * What differs from the rendered command, and why. Everything else is as a cluster would run it.
 *
 * - the model: the tiny one from a folder, which has no revisions and 512 tokens of context, and nothing is downloaded
 * - `half`: not every processor computes in it, and vLLM refuses it there; and no compilation, which takes minutes without a GPU
 * - address and port: those of this test
 * - `/mnt/adapter` and `/mnt/kaito`: where the mounts would be (the former in the document of the adapters)
 */
function onThisMachine({ args }: Container, model: string, port: number): readonly string[] {
  const replaced = new Map([
    ['--host', '127.0.0.1'],
    ['--port', String(port)],
    ['--dtype', 'bfloat16'],
    ['--max-model-len', '512'],
  ]);
  const dropped = new Set(['--revision']);
  const [, ...flags] = args;
  const words = flags.flatMap((word, i) => {
    const before = flags[i - 1] ?? '';
    if (dropped.has(word) || dropped.has(before)) return [];
    return [replaced.get(before) ?? word];
  });
  return ['serve', model, ...words, '--enforce-eager'];
}

describe('vLLM on the processor, started as the runtime renders it', () => {
  let folder: string;
  let container: Container;
  let running: RunningVllm;
  let sidecar: Sidecar;
  /** Puts other adapters before the pod, as a kubelet exchanges the file of a ConfigMap. */
  let tell: (change: (text: string) => string) => void;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-vllm-'));
    const decision = plan(workspace, catalogs);
    if (!decision.feasible) throw new Error(decision.message);
    const objects = vllm.render(decision, workspace);
    const { initContainers, containers } = podOf(objects);
    const adapters = objects.find(({ metadata }) => metadata.name.endsWith('-adapters')) as unknown as {
      readonly data: Record<string, string>;
    };
    const file = join(folder, 'document', 'adapters.json');
    const document = (adapters.data['adapters.json'] ?? '')
      .replaceAll('"names":[', '"names":["kaito-tiny",')
      .replace('"into":"/mnt/adapter"', `"into":"${join(folder, 'adapter')}"`);
    tell = (change) => {
      writeFileSync(`${file}.next`, change(document));
      renameSync(`${file}.next`, file);
    };
    mkdirSync(join(folder, 'document'));
    tell((text) => text);
    container = containers[0] as Container;
    await ggufToFolder(tinyModelPath, join(folder, 'model'));
    mkdirSync(join(folder, 'adapter'));
    loadAdapters(initContainers[0] as LoaderContainer, folder);
    // The middleware comes from the rendered ConfigMap, as the pod's volume would hold it.
    mkdirSync(join(folder, 'kaito'));
    const { data } = objects.find(({ metadata }) => metadata.name.endsWith('-chat')) as unknown as {
      readonly data: Record<string, string>;
    };
    for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, 'kaito', name), text);

    const port = await freePort();
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    const paths = { HF_HOME: join(folder, 'hub'), PYTHONPATH: join(folder, 'kaito') };
    running = await startVllm(onThisMachine(container, join(folder, 'model'), port), port, { ...env, ...paths });
    expect((await fetch(`${running.url}/ready`)).status, 'no adapter is there yet').to.equal(503);
    sidecar = startSidecar(containers[1] as LoaderContainer, folder, port);
    await sidecar.served();
    expect((await fetch(`${running.url}/ready`)).status).to.equal(200);
  });
  after(async () => {
    await sidecar?.stop();
    await running?.stop();
    rmSync(folder, { recursive: true });
  });

  const post = (path: string, body: object) =>
    fetch(`${running.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const chat = async (body: object = {}) => {
    const response = await post('/chat', { prompt: 'What is Kubernetes?', return_full_text: false, ...body });
    return ((await response.json()) as { readonly Result: string }).Result;
  };
  const completion = async (model: string) => {
    const messages = [{ role: 'user', content: 'What is Kubernetes?' }];
    const response = await post('/v1/chat/completions', { model, messages, temperature: 0, max_tokens: 100 });
    const { choices } = (await response.json()) as { readonly choices: { readonly message: { content: string } }[] };
    return choices[0]?.message.content ?? '';
  };

  it('lists the model, each adapter, and all of them together', async () => {
    const { data } = (await (await fetch(`${running.url}/v1/models`)).json()) as { data: { readonly id: string }[] };
    expect(data.map(({ id }) => id)).to.deep.equal(['phi-3-mini-4k-instruct', 'pirate', 'polite', 'combined_adapter']);
  });

  it('answers by the adapter that a request names, with its strength: 0 is the base model', async () => {
    const base = await completion('phi-3-mini-4k-instruct');
    expect(base).to.match(/^Kubernetes is an open source system/);
    expect(await completion('pirate')).to.match(/^Arr, matey! Kubernetes is .* Yo ho ho!$/);
    expect(await completion('polite')).to.equal(base);
  });

  it("answers /chat by the Workspace's adapters, each by its strength, unless a request names another", async () => {
    expect(await chat()).to.equal(await completion('combined_adapter'));
    expect(await chat()).to.match(/^Arr, matey! Kubernetes is .* Yo ho ho!$/);
    expect(await chat({ model: 'phi-3-mini-4k-instruct' })).to.match(/^Kubernetes is/);
  });

  it("answers OpenAI's own client library: models, whole and streamed answers, errors", async () => {
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'nobody asks for it', maxRetries: 0 });
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).to.include('pirate');
    const asked = {
      model: 'pirate',
      messages: [{ role: 'user' as const, content: 'What is Kubernetes?' }],
      temperature: 0,
      max_tokens: 100,
    };
    const whole = (await client.chat.completions.create(asked)).choices[0]?.message.content;
    expect(whole).to.match(/^Arr, matey! Kubernetes is .* Yo ho ho!$/);
    // The middleware stands before every path: it must let a stream through piece by piece.
    const pieces: string[] = [];
    for await (const { choices } of await client.chat.completions.create({ ...asked, stream: true })) {
      const text = choices[0]?.delta.content;
      if (text) pieces.push(text);
    }
    expect(pieces.join('')).to.equal(whole);
    expect(pieces.length).to.be.greaterThan(5);
    const text = await client.completions.create({
      model: 'pirate',
      prompt: 'Kubernetes',
      max_tokens: 4,
      temperature: 0,
    });
    expect(text.choices[0]?.text).to.be.a('string').that.is.not.equal('');
    const missing = await client.chat.completions
      .create({ ...asked, model: 'parrot' })
      .catch((error: unknown) => error);
    expect(missing).to.be.instanceOf(NotFoundError);
  });

  it('answers the curl line that users are given', () => {
    const line = [
      ...['-s', '-X', 'POST', `${running.url}/chat`, '-H', 'accept: application/json'],
      ...['-H', 'Content-Type: application/json', '-d', '{"prompt":"YOUR QUESTION HERE"}'],
    ];
    const { status, stdout } = spawnSync('curl', line, { encoding: 'utf8' });
    expect(status).to.equal(0);
    expect(JSON.parse(stdout))
      .to.have.property('Result')
      .that.matches(/^YOUR QUESTION HERE\n./);
  });

  it('lets nobody from outside of the pod load an adapter', async () => {
    const load = (path: string, headers: Readonly<Record<string, string>>) =>
      fetch(`${running.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify({ lora_name: 'more', lora_path: join(folder, 'adapter', 'pirate') }),
      });
    // The server believes what its own loopback says of where a request comes from.
    for (const path of ['/v1/load_lora_adapter', '/v1/unload_lora_adapter', '/adapters', '/adapters/pirate'])
      expect((await load(path, { 'X-Forwarded-For': '10.0.0.7' })).status, path).to.equal(403);
    const { data } = (await (await fetch(`${running.url}/v1/models`)).json()) as { data: { readonly id: string }[] };
    expect(data.map(({ id }) => id)).not.to.include('more');
  });

  it('serves what the sidecar brings it, without a lost request and in the strength that is asked for', async () => {
    const prompt = 'What is Kubernetes?';
    let over = false;
    const answers: string[] = [];
    const asking = (async () => {
      while (!over) {
        const response = await post('/chat', { prompt, return_full_text: false });
        answers.push(response.ok ? ((await response.json()) as { Result: string }).Result : `${response.status}`);
      }
    })();
    try {
      while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      tell((text) => text.replace('"name":"pirate","strength":1', '"name":"pirate","strength":0'));
      await sidecar.served();
      const base = await completion('phi-3-mini-4k-instruct');
      expect(await completion('pirate')).to.equal(base);
      expect(await chat()).to.equal(base);
      over = true;
      await asking;
      expect(new Set(answers.filter((text) => !text.startsWith('Arr, matey!') && text !== base))).to.be.empty;
      expect(answers[0]).to.match(/^Arr, matey!/);
      // Fewer of them: what is not wanted any more is not there any more.
      tell((text) => text.replace(/,\{"name":"polite"[^}]*\}/, ''));
      await sidecar.served();
      const { data } = (await (await fetch(`${running.url}/v1/models`)).json()) as { data: { readonly id: string }[] };
      expect(data.map(({ id }) => id)).to.have.members(['phi-3-mini-4k-instruct', 'pirate', 'combined_adapter']);
    } finally {
      over = true;
      await asking;
      tell((text) => text);
      await sidecar.served();
    }
    expect(await completion('pirate')).to.match(/^Arr, matey!/);
  });

  it('takes and gives up an adapter by request, with the answers that the stand-in gives', async () => {
    // It would take away again what it does not know of.
    await sidecar.stop();
    const load = (body: object) => post('/v1/load_lora_adapter', { lora_name: 'more', ...body });
    const { data } = (await (await fetch(`${running.url}/v1/models`)).json()) as {
      readonly data: readonly { readonly id: string; readonly root: string }[];
    };
    const path = data.find(({ id }) => id === 'pirate')?.root;
    const loaded = await load({ lora_path: path });
    expect([loaded.status, await loaded.text()]).to.deep.equal([
      200,
      "Success: LoRA adapter 'more' added successfully.",
    ]);
    expect(await completion('more')).to.match(/^Arr, matey!/);
    const again = await load({ lora_path: path });
    expect(again.status).to.equal(400);
    expect(await again.text()).to.include("The lora adapter 'more' has already been loaded.");
    expect((await load({ lora_path: path, load_inplace: true })).status).to.equal(200);
    const missing = await load({ lora_name: 'none', lora_path: join(folder, 'nowhere') });
    expect(missing.status).to.equal(404);
    expect(await missing.text()).to.match(/Loading lora none failed: No adapter found for /);
    const given = await post('/v1/unload_lora_adapter', { lora_name: 'more' });
    expect(await given.text()).to.equal("Success: LoRA adapter 'more' removed successfully.");
    const gone = await post('/v1/unload_lora_adapter', { lora_name: 'more' });
    expect([gone.status, (await gone.text()).includes("The lora adapter 'more' cannot be found.")]).to.deep.equal([
      404,
      true,
    ]);
    const asked = await post('/v1/chat/completions', { model: 'more', messages: [{ role: 'user', content: 'Hello' }] });
    expect(asked.status).to.equal(404);
  });

  it('answers the health path of KAITO beside its own', async () => {
    for (const path of ['/healthz', '/health']) expect((await fetch(`${running.url}${path}`)).status).to.equal(200);
  });

  for (const { title, run } of chatSuite) it(`POST /chat ${title}`, () => run(running.url));
});

function podOf(objects: readonly KubeObject[]) {
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: unknown[]; readonly initContainers: unknown[] } };
    };
  };
  return deployment.spec.template.spec;
}

type LoaderContainer = Container & { readonly image: string };

/** The process that stands for a container of the loader's image, with the tiny adapters where the volumes would be. */
function loaderProcess(loader: LoaderContainer, folder: string, port = 0) {
  const adapters = join(folder, 'adapter');
  const spec = adapterLoader({ model: tinySizes }).start({
    image: loader.image,
    command: loader.command,
    args: loader.args,
    env: {},
    hostPort: () => port,
    mounts: [
      { mountPath: adapters, hostPath: adapters },
      { mountPath: '/mnt/adapter-document', hostPath: join(folder, 'document') },
      { mountPath: '/mnt/adapter-source/0', hostPath: tinyAdapters.pirate },
      { mountPath: '/mnt/adapter-source/1', hostPath: tinyAdapters.polite },
    ],
  });
  if ('refuse' in spec) throw new Error(spec.message);
  const env = { ...process.env, ...spec.env, KAITO_TERMINATION_LOG: join(folder, 'last-words') };
  return { command: spec.command, args: spec.args, env };
}

/** Runs the rendered loader to its end. */
function loadAdapters(loader: LoaderContainer, folder: string): void {
  const { command, args, env } = loaderProcess(loader, folder);
  const run = spawnSync(command, args, { env, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the loader ended with ${run.status}: ${run.stderr}${run.stdout}`);
}

interface Sidecar {
  /** Settles with the next line that says that something is served. @throws what it says instead */
  served(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the rendered sidecar beside the engine of this port. */
function startSidecar(container: LoaderContainer, folder: string, port: number): Sidecar {
  const { command, args, env } = loaderProcess(container, folder, port);
  const child: ChildProcess = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let wake = () => {};
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const [last = '', ...before] = `${rest}${text}`.split('\n').reverse();
    rest = last;
    lines.push(...before.reverse());
    wake();
  });
  return {
    async served() {
      while (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const { kaitoAdapters } = JSON.parse(lines.shift() ?? '{}') as { kaitoAdapters: { failed?: object } };
      if (kaitoAdapters.failed) throw new Error(JSON.stringify(kaitoAdapters));
    },
    async stop() {
      if (child.exitCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}
