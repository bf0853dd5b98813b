import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { vllmFolder } from './program.js';

const script = fileURLToPath(new URL('../../assets/kaito_serve.py', import.meta.url));
/** What is started in the place of an engine: it prints the arguments that it was given. */
const ENGINE = ['-c', 'import json, sys; print(json.dumps(sys.argv[1:]))'];

describe("the script that starts an engine with the user's settings, on the Python of vLLM", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-settings-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function run(config: string | undefined, env: Readonly<Record<string, string>> = {}) {
    const python = join(vllmFolder(), 'bin', 'python');
    const file = join(folder, 'inference_config.yaml');
    rmSync(file, { force: true });
    if (config !== undefined) writeFileSync(file, config);
    return spawnSync(python, [script, python, ...ENGINE, 'serve', '--port', '5000'], {
      env: { PATH: process.env.PATH, KAITO_INFERENCE_CONFIG: file, ...env },
      encoding: 'utf8',
    });
  }
  /** The arguments that the engine got behind those of the operator. */
  function added(config: string): readonly string[] {
    const { status, stdout, stderr } = run(config);
    expect(status, stderr).to.equal(0);
    const words = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as string[];
    expect(words.slice(0, 3)).to.deep.equal(['serve', '--port', '5000']);
    return words.slice(3);
  }

  for (const [what, config, words] of [
    [
      'values as one word each, in their order',
      'vllm:\n  max-num-seqs: 8\n  dtype: half\n',
      ['--max-num-seqs=8', '--dtype=half'],
    ],
    ['underscores as dashes', 'vllm:\n  max_model_len: 4096\n', ['--max-model-len=4096']],
    [
      'true and nothing as a bare flag',
      'vllm:\n  enforce-eager: true\n  enable-chunked-prefill:\n',
      ['--enforce-eager', '--enable-chunked-prefill'],
    ],
    ['false as nothing at all', 'vllm:\n  enforce-eager: false\n', []],
    ['maps and lists as JSON', 'vllm:\n  hf-overrides: { a: [1, true] }\n', ['--hf-overrides={"a": [1, true]}']],
    ['an empty file as no settings', '', []],
    ['a word with spaces as one', 'vllm:\n  chat-template: "{{ a }} b"\n', ['--chat-template={{ a }} b']],
  ] as const) {
    it(`puts ${what} behind those of the operator`, () => {
      expect(added(config)).to.deep.equal(words);
    });
  }

  it("says that KAITO's own settings have no effect here, and goes on", () => {
    const { status, stderr } = run('max_probe_steps: 6\nvllm: {}\n');
    expect(status).to.equal(0);
    expect(stderr).to.match(/max_probe_steps has no effect on this engine/);
  });

  const refused: readonly (readonly [string, string | undefined, RegExp, Readonly<Record<string, string>>?])[] = [
    [
      'a setting by which the pod is found',
      'vllm:\n  port: 6000\n',
      /vllm\.port cannot be changed: the operator sets it/,
    ],
    ['the same with underscores', 'vllm:\n  served_model_name: x\n', /vllm\.served_model_name cannot be changed/],
    ['how adapters are guarded', 'vllm:\n  middleware: mine.Mine\n', /vllm\.middleware cannot be changed/],
    ['how many adapters there may be', 'vllm:\n  max-loras: 9\n', /vllm\.max-loras cannot be changed/],
    [
      'a section that nobody knows',
      'vlmm:\n  dtype: half\n',
      /vlmm is not known; put settings of the engine under vllm:/,
    ],
    ['settings that are no map', 'vllm: [1]\n', /vllm must be a map of settings/],
    ['a file that is no map', '- 1\n', /it must be a map/],
    ['a file that is no YAML', 'vllm: {\n', /cannot be followed/],
    ['a file that is not there', undefined, /No such file/],
    [
      'a key that would keep the sidecar of the adapters out',
      'vllm:\n  api-key: secret\n',
      /vllm\.api-key would keep the adapters out.*liveAdapters: false/,
      { VLLM_ALLOW_RUNTIME_LORA_UPDATING: '1' },
    ],
  ];
  for (const [what, config, message, env = {}] of refused) {
    it(`starts nothing over ${what}, and says why`, () => {
      const { status, stdout, stderr } = run(config, env);
      expect([status, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(/^inference_config\.yaml cannot be followed: /m);
      expect(stderr).to.match(message);
    });
  }

  it('lets a key of the API through where adapters come with the pods', () => {
    expect(added('vllm:\n  api-key: secret\n')).to.deep.equal(['--api-key=secret']);
  });
});
