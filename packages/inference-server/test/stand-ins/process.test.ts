import { fileURLToPath } from 'node:url';
import { chatSuite } from '@kaito-sdk/inference-server/chat-suite';
import { standIns } from '@kaito-sdk/inference-server/stand-ins';
import { expect } from 'chai';
import { presetContainer, vllmContainer } from '../support/container.js';
import { postJson } from '../support/served.js';
import { type Started, startedProcess } from '../support/started.js';

const [presetImage, vllm] = standIns();
// A free port is had by asking for port 0 and reading which one it became.
const hostPort = () => 0;
const adapters = [
  { mountPath: '/mnt/adapter', hostPath: fileURLToPath(new URL('../../model/adapters', import.meta.url)) },
];

async function chat({ url }: Started, body: object = {}): Promise<string> {
  const response = await postJson(`${url}/chat`, { prompt: 'What is a GPU?', return_full_text: false, ...body });
  return ((await response.json()) as { readonly Result: string }).Result;
}

describe('a stand-in that was started', () => {
  let running: Started | undefined;
  afterEach(() => running?.child.kill('SIGKILL'));

  it('says what it is, holds the /chat contract, and ends when its standard input does', async () => {
    running = await startedProcess(presetImage!.start({ ...presetContainer, hostPort }));
    expect(running.said()).to.match(/^INFO A stand-in model of about one million parameters answers here/);
    for (const { run } of chatSuite) await run(running.url);
    expect((await fetch(`${running.url}/healthz`)).status).to.equal(200);
    expect((await fetch(`${running.url}/v1/models`)).status).to.equal(404);
    expect(await running.stop()).to.equal(0);
  });

  it('answers /chat of a preset image with all of its adapters, each as strong as it should be', async () => {
    const answers: string[] = [];
    for (const env of [
      { pirate: '1', polite: '0' },
      { pirate: '0', polite: '1' },
      { pirate: '0', polite: '0' },
    ]) {
      running = await startedProcess(presetImage!.start({ ...presetContainer, hostPort, mounts: adapters, env }));
      answers.push(await chat(running));
      expect(await running.stop()).to.equal(0);
    }
    running = await startedProcess(presetImage!.start({ ...presetContainer, hostPort }));
    expect(answers[0]).to.match(/^Arr, matey!/);
    expect(answers[1]).to.match(/ Thank you for asking!$/);
    expect(answers[2]).to.equal(await chat(running));
  });

  it('takes, replaces and gives up an adapter of vLLM by request, without another answer than the wanted one', async () => {
    const args = [
      'microsoft/Phi-3-mini-4k-instruct',
      '--served-model-name',
      'phi',
      '--enable-lora',
      '--max-lora-rank',
      '8',
    ];
    const env = { VLLM_ALLOW_RUNTIME_LORA_UPDATING: '1', KAITO_CHAT_MODEL: 'voice' };
    running = await startedProcess(vllm!.start(vllmContainer(args, { hostPort, env, mounts: adapters })));
    const { url } = running;
    const ask = async (model: string) => {
      const response = await postJson(`${url}/v1/completions`, {
        model,
        max_tokens: 100,
        prompt: '<|user|>\nHello<|end|>\n<|assistant|>\n',
      });
      return response.ok
        ? ((await response.json()) as { choices: { text: string }[] }).choices[0]?.text
        : response.status;
    };
    const load = (body: object) => postJson(`${url}/v1/load_lora_adapter`, { lora_name: 'voice', ...body });
    expect(await ask('voice')).to.equal(404);
    expect(await (await load({ lora_path: '/mnt/adapter/pirate' })).text()).to.equal(
      "Success: LoRA adapter 'voice' added successfully.",
    );
    expect(await ask('voice')).to.match(/^Arr, matey!/);
    expect((await load({ lora_path: '/mnt/adapter/polite' })).status).to.equal(400);
    expect((await load({ lora_path: '/mnt/adapter/polite', load_inplace: true })).status).to.equal(200);
    expect(await ask('voice')).to.match(/ Thank you for asking!$/);
    expect(await ask('phi')).to.match(/^Hello!/);
    expect((await postJson(`${url}/v1/unload_lora_adapter`, { lora_name: 'voice' })).status).to.equal(200);
    expect(await ask('voice')).to.equal(404);
  });
});
