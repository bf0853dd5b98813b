import { gib, type ModelArchitecture, type ModelPreset, plan } from '@kaito-sdk/core';
import { phi3Mini4kInstruct, phiPresets } from '@kaito-sdk/presets-phi';
import { VllmRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { tensorParallelSize } from '../dist/vllm/parallelism.js';
import { startLimit } from '../dist/vllm/start-limit.js';
import { aNeed, aPlan, aWorkspace, catalogs, MACHINES, vllm } from './fixtures.js';

const withModel = (model: Partial<ModelPreset['model']>): ModelPreset => ({
  ...phi3Mini4kInstruct,
  model: { ...phi3Mini4kInstruct.model, ...model },
});
const flag = (args: readonly string[] | undefined, name: string) => args?.[args.indexOf(name) + 1];

describe('vllm: which GPUs it supports', () => {
  const cases: readonly (readonly [machine: keyof typeof MACHINES, supported: boolean])[] = [
    ['P100', false],
    ['V100', false],
    ['T4', true],
    ['A100', true],
    ['H100x8', true],
    ['MI25', false],
  ];
  for (const [machine, supported] of cases) {
    it(`${supported ? 'takes' : 'refuses'} a ${machine}`, () =>
      expect(vllm.supports(aNeed(machine)).supported).to.equal(supported));
  }

  it("is a fact of the image: an image of one's own may be built for older GPUs", () => {
    const volta = new VllmRuntime({ tag: 'volta', minimumCapability: 7 });
    expect(volta.supports(aNeed('V100')).supported).to.equal(true);
    expect(volta.supports(aNeed('P100'))).to.deep.include({
      reason: 'NVIDIA P100 has compute capability 6.0, and the image is built for 7.0 and above',
    });
  });

  it('refuses a model that asks for a token', () => {
    const gated = { ...phi3Mini4kInstruct, weights: { ...phi3Mini4kInstruct.weights, gated: true } };
    expect(vllm.supports(aNeed('A100', gated)))
      .to.have.property('reason')
      .that.contains('asks for an access token');
  });

  it('says when it is not known whether the engine implements the model', () => {
    const unchecked = (preset: ModelPreset) => {
      const answer = vllm.supports(aNeed('A100', preset));
      return answer.supported ? answer.unchecked : undefined;
    };
    expect(unchecked(phi3Mini4kInstruct)).to.have.length(1);
    expect(unchecked(withModel({ architecture: 'NovelForCausalLM' }))?.[1]).to.match(/implements NovelForCausalLM$/);
  });

  it('warns about GPUs that would stay idle', () => {
    const answer = vllm.supports(
      aNeed('H100x8', withModel({ attentionHeads: 20, kvHeads: 20, intermediateSize: 8000 })),
    );
    expect(answer.supported && answer.warnings.map(({ message }) => message)).to.deep.equal([
      '4 of the 8 GPUs of Standard_ND96isr_H100_v5 stay idle: 20 attention heads, 20 key-value heads and a vocabulary of 32064 can be cut over 4 of them and not over all.',
    ]);
  });
});

describe('vllm: which architectures it takes', () => {
  it('refuses one that its image lacks before any node is asked for, and lets another image try', () => {
    const small = phiPresets.models.find(({ name }) => name === 'phi-3-small-8k-instruct');
    if (!small) throw new Error('the pack has no phi-3-small');
    expect(vllm.supports(aNeed('A100', small))).to.deep.include({
      supported: false,
      reason: 'vLLM v0.25.1 does not implement Phi3SmallForCausalLM',
    });
    expect(new VllmRuntime({ tag: 'v9' }).supports(aNeed('A100', small)).supported).to.equal(true);
  });
});

describe('vllm: the memory of other architectures', () => {
  const part = (model: Partial<ModelArchitecture>, name: string) => {
    const demand = vllm.sizing(aNeed('A100', withModel(model)));
    return [...demand.fixed, ...demand.perToken].find((one) => one.name === name);
  };

  it('counts quantized weights by their bits, and by their published size when there is one', () => {
    const full = part({}, 'weights')?.bytes ?? 0;
    const four = part({ quantization: { method: 'awq', bits: 4 } }, 'weights')?.bytes ?? 0;
    expect(four / full).to.be.within(0.25, 0.35);
    expect(part({ quantization: { method: 'awq', bits: 4 }, weightBytes: gib(2) }, 'weights')?.bytes).to.equal(gib(2));
  });

  it('stops counting the sliding layers at their window and a step', () => {
    const window = part({ slidingWindow: 1024, slidingWindowLayers: 16 }, 'key-value cache of the sliding layers');
    const full = part({ slidingWindow: 1024, slidingWindowLayers: 16 }, 'key-value cache');
    expect(window).to.include({ upTo: 1024 + 8192, bytes: full?.bytes });
    expect(part({ slidingWindow: 1024 }, 'key-value cache of the sliding layers')).to.equal(undefined);
  });

  it('keeps the tables of longrope, for the first and for the whole range', () => {
    const rope = { type: 'longrope', originalContext: 4096 } as const;
    expect(part({ rope, contextLength: 131_072 }, 'longrope tables')?.bytes).to.equal((4096 + 131_072) * 96 * 2);
  });

  it('sets adapters aside, one slot each', () => {
    const asked = aWorkspace();
    const adapters = [{ source: { name: 'a', image: 'x/y:1' } }, { source: { name: 'b', image: 'x/z:1' } }];
    const workspace = { ...asked, inference: { ...asked.inference, adapters } } as never;
    const demand = vllm.sizing(aNeed('A100', phi3Mini4kInstruct, workspace));
    expect(demand.fixed.find(({ name }) => name === 'adapters')?.source).to.match(/^3 of rank 64/);
  });

  it('halves weights and cache for a pipeline of two nodes', () => {
    const alone = vllm.sizing(aNeed('A100'));
    const paired = vllm.sizing({ ...aNeed('A100'), nodes: 2, pipeline: 2 });
    expect(paired.fixed[0]?.bytes).to.equal((alone.fixed[0]?.bytes ?? 0) / 2);
    expect(paired.perToken[0]?.bytes).to.equal((alone.perToken[0]?.bytes ?? 0) / 2);
  });
});

describe('vllm: over how many GPUs a model is cut', () => {
  const cases: readonly (readonly [
    heads: number,
    kvHeads: number,
    intermediate: number,
    gpus: number,
    size: number,
  ])[] = [
    [32, 32, 8192, 1, 1],
    [32, 32, 8192, 8, 8],
    [32, 8, 8192, 8, 8],
    [32, 2, 8192, 8, 8],
    // Five would divide heads and feed-forward, and not the vocabulary of 32,064: the engine would stop at its start.
    [40, 10, 17920, 8, 2],
    [40, 10, 17920, 4, 2],
    [24, 8, 8192, 3, 2],
    [3, 3, 9, 8, 3],
    [7, 7, 7, 8, 1],
    [7, 7, 8, 8, 1],
  ];
  for (const [attentionHeads, kvHeads, intermediateSize, gpus, size] of cases) {
    it(`${attentionHeads} heads, ${kvHeads} for keys and values, on ${gpus} GPUs: ${size}`, () => {
      expect(
        tensorParallelSize({ ...phi3Mini4kInstruct.model, attentionHeads, kvHeads, intermediateSize }, gpus),
      ).to.equal(size);
    });
  }
});

describe('vllm: the memory of one GPU', () => {
  it('cuts weights and cache over the GPUs, and counts the overhead on each', () => {
    const one = vllm.sizing(aNeed('T4'));
    const four = vllm.sizing(aNeed('T4x4'));
    expect(one.fixed[0]?.bytes).to.equal(7_642_159_104);
    expect(four.fixed[0]?.bytes).to.equal(7_642_159_104 / 4);
    expect(one.perToken[0]?.bytes).to.equal(393_216);
    expect(four.perToken[0]?.bytes).to.equal(393_216 / 4);
    expect(four.fixed[1]).to.deep.equal(one.fixed[1]);
    expect(one.perTokenSquared).to.deep.equal([]);
  });

  it('keeps one key-value head on each GPU when there are fewer heads than GPUs', () => {
    const { layers, headDim } = phi3Mini4kInstruct.model;
    const demand = vllm.sizing(aNeed('H100x8', withModel({ kvHeads: 2 })));
    expect(demand.perToken[0]?.bytes).to.equal(2 * layers * 1 * headDim * 2);
  });

  it('comes to about ten thousand tokens of the 128k model on a T4, and says so', () => {
    const { engine, warnings } = aPlan({ instanceType: 'Standard_NC4as_T4_v3', preset: 'phi-3-mini-128k-instruct' });
    expect(engine.contextLength).to.be.within(10_000, 16_000);
    expect(warnings.map(({ code }) => code)).to.include('ContextShortened');
  });

  it('holds all 131,072 tokens on an A100 of 80 GiB', () => {
    expect(
      aPlan({ instanceType: 'Standard_NC24ads_A100_v4', preset: 'phi-3-mini-128k-instruct' }).engine.contextLength,
    ).to.equal(131_072);
  });
});

describe('vllm: the command', () => {
  it('says everything that matters and leaves nothing to defaults', () => {
    const { engine } = aPlan({ instanceType: 'Standard_NC4as_T4_v3' });
    expect([...engine.command, ...(engine.args ?? [])].join(' ')).to.equal(
      'vllm serve microsoft/Phi-3-mini-4k-instruct --host 0.0.0.0 --port 5000 --served-model-name phi-3-mini-4k-instruct ' +
        '--revision 0a67737cc96d2554230f90338b163bc6380a2a85 --dtype half --max-model-len 4096 --gpu-memory-utilization 0.9 ' +
        '--tensor-parallel-size 1 --middleware kaito_chat.ChatMiddleware',
    );
    expect(engine).to.deep.include({
      image: 'docker.io/vllm/vllm-openai:v0.25.1',
      weights: 'hub',
      port: 5000,
      healthPath: '/health',
      dtype: 'half',
    });
  });

  it('computes in half precision below 8.0 and in bfloat16 from there on', () => {
    expect(flag(aPlan({ instanceType: 'Standard_NC4as_T4_v3' }).engine.args, '--dtype')).to.equal('half');
    expect(flag(aPlan({ instanceType: 'Standard_NC24ads_A100_v4' }).engine.args, '--dtype')).to.equal('bfloat16');
  });

  it('gives the engine the context that fits, not the one that the model has', () => {
    const { engine } = aPlan({ instanceType: 'Standard_NC4as_T4_v3', preset: 'phi-3-mini-128k-instruct' });
    expect(flag(engine.args, '--max-model-len')).to.equal(String(engine.contextLength));
  });

  it('uses all GPUs of the node', () => {
    expect(flag(aPlan({ instanceType: 'Standard_ND96isr_H100_v5' }).engine.args, '--tensor-parallel-size')).to.equal(
      '8',
    );
  });

  it('pins no revision when the preset has none', () => {
    const preset = { ...phi3Mini4kInstruct, weights: { repository: 'a/b', gated: false } };
    expect(vllm.configure(aNeed('T4', preset), { contextLength: 100 }).args).not.to.include('--revision');
  });

  it('takes the image from a mirror, with its secrets', () => {
    const runtime = new VllmRuntime({
      registry: 'registry.example',
      repository: 'engines/vllm',
      tag: 'v1',
      pullSecrets: ['pull'],
    });
    const decision = plan(aWorkspace({ instanceType: MACHINES.T4.name }), { ...catalogs, runtimes: [runtime] });
    expect(decision.feasible && decision.engine).to.deep.include({
      image: 'registry.example/engines/vllm:v1',
      pullSecrets: ['pull'],
    });
  });

  it('gives a start 30 minutes, and big models more, up to three hours', () => {
    const seconds = (parameters: number) => startLimit(withModel({ parameters }));
    expect(seconds(3_821_079_552)).to.equal(1800);
    expect(seconds(70e9)).to.equal(Math.ceil(900 + 18 * (140e9 / 2 ** 30)));
    expect(seconds(1e12)).to.equal(10_800);
  });
});
