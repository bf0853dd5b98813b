import {
  architectureFromConfig,
  bytes,
  cacheBytesAt,
  cacheBytesPerToken,
  formatGib,
  gib,
  type ModelArchitecture,
  parseModelConfig,
  presetFromConfig,
  presetPackErrors,
  weightBytes,
} from '@kaito-sdk/core';
import { expect } from 'chai';

function model(config: unknown, facts = {}): ModelArchitecture {
  const read = architectureFromConfig(config, facts);
  if (!read.found) throw new Error(read.problem);
  return read.model;
}

/** As published, cut down to what is read. Sizes and cache are those of the catalog of KAITO v0.12.0. */
const PUBLISHED: readonly (readonly [name: string, weights: string, cache: number, config: object])[] = [
  [
    'Llama-3.1-8B-Instruct',
    '14.96 GiB',
    131_072,
    {
      architectures: ['LlamaForCausalLM'],
      hidden_size: 4096,
      intermediate_size: 14_336,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 128_256,
      max_position_embeddings: 131_072,
      hidden_act: 'silu',
      torch_dtype: 'bfloat16',
    },
  ],
  [
    'Mistral-7B-Instruct-v0.3',
    '13.50 GiB',
    131_072,
    {
      architectures: ['MistralForCausalLM'],
      hidden_size: 4096,
      intermediate_size: 14_336,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 32_768,
      max_position_embeddings: 32_768,
      sliding_window: null,
      torch_dtype: 'bfloat16',
    },
  ],
  [
    // The catalog has 14.19 GiB: 0.0002 of it are biases, which the formula leaves out and which tip the rounding.
    'Qwen2.5-Coder-7B-Instruct',
    '14.18 GiB',
    57_344,
    {
      architectures: ['Qwen2ForCausalLM'],
      hidden_size: 3584,
      intermediate_size: 18_944,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      vocab_size: 152_064,
      max_position_embeddings: 32_768,
      sliding_window: 131_072,
      use_sliding_window: false,
      torch_dtype: 'bfloat16',
    },
  ],
  [
    'Phi-3-mini-4k-instruct',
    '7.12 GiB',
    393_216,
    {
      architectures: ['Phi3ForCausalLM'],
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      vocab_size: 32_064,
      max_position_embeddings: 4096,
      sliding_window: 2047,
      torch_dtype: 'bfloat16',
    },
  ],
  [
    'Phi-3.5-MoE-instruct',
    '77.99 GiB',
    131_072,
    {
      architectures: ['PhiMoEForCausalLM'],
      hidden_size: 4096,
      intermediate_size: 6400,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      num_local_experts: 16,
      num_experts_per_tok: 2,
      vocab_size: 32_064,
      max_position_embeddings: 131_072,
      rope_scaling: { type: 'longrope', original_max_position_embeddings: 4096 },
      torch_dtype: 'bfloat16',
    },
  ],
  [
    'phi-2',
    '5.18 GiB',
    327_680,
    {
      architectures: ['PhiForCausalLM'],
      hidden_size: 2560,
      intermediate_size: 10_240,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      vocab_size: 51_200,
      max_position_embeddings: 2048,
      hidden_act: 'gelu_new',
      torch_dtype: 'float16',
    },
  ],
];

const SMALL = { num_hidden_layers: 2, hidden_size: 64, num_attention_heads: 4, vocab_size: 100 };

describe('a model by its own config.json', () => {
  for (const [name, weights, cache, config] of PUBLISHED) {
    it(`is sized as KAITO's catalog sizes ${name}: ${weights}, ${cache} bytes a token`, () => {
      expect(formatGib(weightBytes(model(config)))).to.equal(weights);
      expect(cacheBytesPerToken(model(config))).to.equal(cache);
    });
  }

  it('is read under the older names of the same keys', () => {
    const old = { n_layer: 2, n_embd: 64, n_head: 4, n_vocab: 100, n_ctx: 512, n_inner: 128, multi_query: true };
    expect(model(old)).to.include({ layers: 2, hiddenSize: 64, attentionHeads: 4, kvHeads: 1, contextLength: 512 });
    expect(model({ n_layers: 2, dim: 64, n_heads: 4, vocab_size: 100, hidden_dim: 90, n_kv_heads: 2 })).to.include({
      intermediateSize: 90,
      kvHeads: 2,
    });
  });

  it('of several parts is read from the part that is the language model', () => {
    expect(model({ architectures: ['X'], text_config: { ...SMALL, max_position_embeddings: 9 } })).to.include({
      layers: 2,
      contextLength: 9,
      architecture: 'X',
    });
    expect(model({ llm_config: SMALL, hidden_size: 128 }).hiddenSize).to.equal(128);
  });

  it('says what it assumed where the file is silent', () => {
    const read = architectureFromConfig(SMALL);
    expect(read).to.deep.include({ found: true });
    expect(read.found && read.assumed).to.deep.equal([
      'the architecture has no name',
      'the feed-forward width is taken as 4 x 64',
      'the context is taken as 2048 tokens, as KAITO v0.12.0 does',
      'the type of the weights is taken as bfloat16',
      'the number of parameters is computed from the dimensions',
    ]);
  });

  it('takes the size of the files before any formula', () => {
    expect(model({ ...SMALL, torch_dtype: 'float32' }, { weightBytes: 4000 })).to.include({ parameters: 1000 });
    const quantized = { ...SMALL, quantization_config: { quant_method: 'awq', bits: 4 } };
    expect(weightBytes(model(quantized, { weightBytes: 777 }))).to.equal(777);
  });

  it('counts quantized weights by their bits, and embeddings in full', () => {
    const plain = model({ ...SMALL, hidden_size: 1024, vocab_size: 1000 });
    for (const [config, bits] of [
      [{ quant_method: 'gptq', bits: 4 }, 4],
      [{ quant_method: 'fp8' }, 8],
      [{ quant_method: 'bitsandbytes', load_in_4bit: true }, 4],
      [{ quant_method: 'mxfp4' }, 4],
    ] as const) {
      const quantized = model({ ...SMALL, hidden_size: 1024, vocab_size: 1000, quantization_config: config });
      expect(quantized.quantization?.bits).to.equal(bits);
      const ends = 2 * 1000 * 1024;
      expect(weightBytes(quantized)).to.equal(bytes(((plain.parameters - ends) * bits) / 8 + ends * 2));
    }
  });

  it('counts the sliding layers that it names as far as their window only', () => {
    const types = ['sliding_attention', 'sliding_attention', 'full_attention'];
    const sliding = model({ ...SMALL, num_hidden_layers: 3, sliding_window: 512, layer_types: types });
    expect(sliding).to.include({ slidingWindow: 512, slidingWindowLayers: 2 });
    const layer = cacheBytesPerToken(sliding) / 3;
    expect(cacheBytesAt(sliding, 100)).to.equal(3 * 100 * layer);
    expect(cacheBytesAt(sliding, 4096)).to.equal((4096 + 2 * 512) * layer);
    const unsaid = model({ ...SMALL, sliding_window: 512 });
    expect(cacheBytesAt(unsaid, 4096)).to.equal(4096 * cacheBytesPerToken(unsaid));
  });

  it('knows the one cached vector of latent attention', () => {
    const latent = model({ ...SMALL, kv_lora_rank: 512, qk_rope_head_dim: 64 });
    expect(cacheBytesPerToken(latent)).to.equal(2 * 2 * (512 + 64));
  });

  it('may hold what JSON does not know', () => {
    const text = '{"a": Infinity, "b": [NaN, -Infinity], "c": "NaN, Infinity"}';
    expect(parseModelConfig(text)).to.deep.equal({ a: null, b: [null, null], c: 'NaN, Infinity' });
  });

  it('is refused where a number is missing or cannot be, and never throws', () => {
    for (const odd of [null, 7, 'x', [], {}, { hidden_size: 'big' }, { ...SMALL, num_hidden_layers: -1 }])
      expect(architectureFromConfig(odd)).to.include({ found: false });
    expect(architectureFromConfig({ ...SMALL, num_key_value_heads: 3 })).to.deep.equal({
      found: false,
      problem: '4 attention heads cannot share 3 key-value heads evenly',
    });
  });

  it('becomes a preset that is valid, marked where nobody said', () => {
    const [, , , config] = PUBLISHED[0] ?? [];
    const made = presetFromConfig({ name: 'my-model', repository: 'org/My-Model', config });
    if (!made.found) throw new Error(made.problem);
    expect(presetPackErrors({ name: 'mine', models: [made.preset] })).to.deep.equal([]);
    expect(made.preset.diskBytes).to.equal(gib(94));
    expect(made.preset.licence.spdx).to.equal('unknown');
    expect(made.preset.sources['model.assumed']).to.match(/unverified/);
    expect(JSON.parse(JSON.stringify(made.preset))).to.deep.equal(made.preset);
  });
});
