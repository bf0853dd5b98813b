import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { vllmEnvironment, vllmFolder } from './program.js';

const script = fileURLToPath(new URL('../../assets/kaito_serve.py', import.meta.url));

describe('the settings of a user’s ConfigMap, read by the program that starts vLLM', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-settings-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What the engine would be started with, `echo` in its place; or why it is not. */
  const started = (text: string) => {
    const config = join(folder, 'inference_config.yaml');
    writeFileSync(config, text);
    const run = spawnSync(join(vllmFolder(), 'bin', 'python'), [script, 'echo', 'vllm'], {
      env: { ...vllmEnvironment(), KAITO_INFERENCE_CONFIG: config },
      encoding: 'utf8',
    });
    return run.status === 0 ? run.stdout.trim().split('\n').at(-1) : run.stderr.trim().split('\n').at(-1);
  };

  it('become flags behind the operator’s own', () => {
    expect(
      started('vllm: { max_model_len: 8192, enforce-eager: true, quantization: null, x: false, hf-overrides.a: 1 }'),
    ).to.equal('vllm --max-model-len=8192 --enforce-eager --quantization --hf-overrides.a=1');
  });

  for (const key of [
    'host',
    'served_model_name',
    'served-mod',
    'no-enable-lora',
    'no_enable_l',
    'middleware',
    'midd',
    'model.x',
    'revis',
  ]) {
    it(`cannot say ${key}: by it the pod is found and guarded, and a parser takes the beginning of a name for the whole`, () => {
      expect(started(`vllm: { ${key}: x }`)).to.include(`vllm.${key} cannot be changed`);
    });
  }

  for (const key of [
    'trust-remote-code',
    'trust_remote_code',
    'trust',
    'worker-extension-cls',
    'tool-parser-plugin',
    'allowed-local-media-path',
  ]) {
    it(`cannot say ${key}: it would run code, or read files, beside the token of the namespace`, () => {
      expect(started(`vllm: { ${key}: true }`)).to.include(`vllm.${key} cannot be set`);
    });
  }

  for (const key of ['middleware=evil.mod', 'x --port', '-port', 'x\\u001b[2J', '']) {
    it(`have names and nothing else: "${key}" is refused`, () => {
      expect(started(`vllm: { "${key}": "" }`))
        .to.include('is no name of a setting')
        .and.not.include('\u001b');
    });
  }

  it('are refused when they are a bomb of references, and in one sentence', () => {
    const bomb = Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`).join('\n');
    expect(started(`a0: &a0 [x]\n${bomb}\n`)).to.match(/inference_config\.yaml cannot be followed: a0 is not known/);
  });
});
