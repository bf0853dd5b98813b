import { gib, type ModelPreset } from '@kaito-sdk/core';
import { phi3Mini4kInstruct, phi3Mini128kInstruct } from '@kaito-sdk/presets-phi';
import { PresetImageRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { aNeed, aPlan, aWorkspace, type MACHINES, presetImage } from './fixtures.js';

const runtimes = { 'preset-image': { repository: 'kaito-x', tag: '1', pipeline: 'text-generation' } };

describe('preset-image: which GPUs it supports', () => {
  const cases: readonly (readonly [machine: keyof typeof MACHINES, supported: boolean])[] = [
    ['K80', false],
    ['M60', false],
    ['P100', true],
    ['V100', true],
    ['T4', true],
    ['A100', true],
    ['H100x8', true],
    ['MI25', false],
  ];
  for (const [machine, supported] of cases) {
    it(`${supported ? 'takes' : 'refuses'} a ${machine}`, () => {
      const answer = presetImage.supports(aNeed(machine));
      expect(answer.supported).to.equal(supported);
      if (!answer.supported)
        expect(answer.reason).to.match(
          /has (no CUDA|compute capability [35]\.\d), and the image is built for 6\.0 to 9\.0$/,
        );
    });
  }

  it('refuses a model that has no image with a server', () => {
    const answer = presetImage.supports(aNeed('V100', { ...phi3Mini4kInstruct, runtimes: {} }));
    expect(answer).to.deep.include({
      supported: false,
      reason: 'phi-3-mini-4k-instruct has no image with a server inside',
    });
  });

  it('says what is taken on trust', () => {
    const answer = presetImage.supports(aNeed('V100'));
    expect(answer).to.have.property('unchecked').with.length(2);
    expect(answer).to.have.property('unverified').with.length(2);
  });

  it('warns when bfloat16 becomes float16, and only then', () => {
    const codes = (machine: keyof typeof MACHINES) => {
      const answer = presetImage.supports(aNeed(machine));
      return answer.supported ? answer.warnings.map(({ code }) => code) : [];
    };
    expect(codes('V100')).to.deep.equal(['ComputeTypeChanged']);
    expect(codes('T4')).to.deep.equal(['ComputeTypeChanged']);
    expect(codes('A100')).to.deep.equal([]);
  });
});

describe('preset-image: the memory of one GPU', () => {
  const at = (machine: keyof typeof MACHINES, preset: ModelPreset = phi3Mini4kInstruct) =>
    presetImage.sizing(aNeed(machine, preset));
  const bytesOf = (parts: readonly { readonly name: string; readonly bytes: number }[]) =>
    Object.fromEntries(parts.map(({ name, bytes }) => [name, bytes]));

  it('is weights, cache, scores of eager attention, and logits in float32', () => {
    const demand = at('V100');
    expect(bytesOf(demand.fixed)).to.deep.equal({ weights: 7_642_159_104, 'CUDA context': gib(0.5) });
    expect(bytesOf(demand.perToken)).to.deep.equal({ 'key-value cache': 393_216, logits: 128_256 });
    expect(bytesOf(demand.perTokenSquared)).to.deep.equal({ 'attention scores': 32 * 8 });
  });

  it('comes to 4.5k to 5k tokens at 16 GiB, whatever context the model was made for', () => {
    for (const preset of ['phi-3-mini-4k-instruct', 'phi-3-mini-128k-instruct']) {
      expect(aPlan({ preset }).memory.context.fits).to.be.within(4500, 5000);
    }
  });

  it('leaves the quick-start model its whole context on a V100', () => {
    expect(aPlan().engine.contextLength).to.equal(4096);
  });

  it('shrinks with the number of GPUs but for the scores, which each layer needs whole', () => {
    const [one, four] = [at('V100'), at('V100x4')];
    expect(four.perTokenSquared).to.deep.equal(one.perTokenSquared);
    expect(bytesOf(four.perToken)['key-value cache']).to.equal(393_216 / 4);
    const weights = bytesOf(four.fixed).weights ?? 0;
    expect(weights).to.be.within(7_642_159_104 / 4, 7_642_159_104 / 3);
  });

  it('never counts more than the memory that programs can see', () => {
    expect(at('T4').utilization * 16).to.be.at.most(14.75);
  });

  it('depends on nothing but the architecture', () => {
    expect(at('V100', phi3Mini128kInstruct)).to.deep.equal(at('V100'));
  });
});

describe('preset-image: the command', () => {
  it('is that of KAITO v0.3, in one order, with the type said aloud', () => {
    const { engine } = aPlan();
    expect(engine.command).to.deep.equal([
      '/bin/sh',
      '-c',
      'accelerate launch --num_processes=1 --num_machines=1 --machine_rank=0 --gpu_ids=all inference_api.py --pipeline=text-generation --torch_dtype=float16 --trust_remote_code',
    ]);
    expect(engine).to.deep.include({
      image: 'mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-4k-instruct:0.0.2',
      weights: 'image',
      workingDir: '/workspace/tfs',
      port: 5000,
      healthPath: '/healthz',
      dtype: 'float16',
      startupSeconds: 1800,
    });
  });

  it('computes in bfloat16 from capability 8.0 on', () => {
    const { engine } = aPlan({
      instanceType: 'Standard_NC24ads_A100_v4',
      annotations: { 'kaito.sh/runtime': 'transformers' },
    });
    expect(engine.command[2]).to.contain('--torch_dtype=bfloat16 ');
  });

  it('runs remote code only for a preset that says so', () => {
    const engine = presetImage.configure(aNeed('V100', { ...phi3Mini4kInstruct, runtimes }), { contextLength: 100 });
    expect(engine.command[2]).not.to.contain('trust_remote_code');
  });

  it('takes image and pull secrets from another registry when told to', () => {
    const runtime = new PresetImageRuntime({ registry: 'registry.example/mirror/', pullSecrets: ['pull'] });
    expect(runtime.configure(aNeed('V100'), { contextLength: 100 })).to.deep.include({
      image: 'registry.example/mirror/kaito-phi-3-mini-4k-instruct:0.0.2',
      pullSecrets: ['pull'],
    });
  });

  it('refuses facts that would end up in a shell as something else than words', () => {
    for (const pipeline of ['x; rm -rf /', '$(id)', 'a b', 3, undefined]) {
      const preset = { ...phi3Mini4kInstruct, runtimes: { 'preset-image': { ...runtimes['preset-image'], pipeline } } };
      expect(() => presetImage.supports(aNeed('V100', preset))).to.throw(TypeError, /pipeline must be a plain word/);
    }
  });
});

describe('the quick-start manifest', () => {
  it('gets preset-image on its V100, because vllm has no kernels for it', () => {
    const { runtime, rejected } = aPlan();
    expect(runtime.name).to.equal('preset-image');
    expect(rejected).to.deep.equal([
      {
        candidate: 'Standard_NC6s_v3 with vllm',
        reason: 'NVIDIA V100 has compute capability 7.0, and the image is built for 7.5 and above.',
      },
    ]);
  });

  it('knows preset-image as transformers too', () => {
    expect(aPlan({ annotations: { 'kaito.sh/runtime': 'transformers' } }).runtime.name).to.equal('preset-image');
    expect(aWorkspace().metadata.annotations).to.equal(undefined);
  });
});
