import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A tensor of a made-up model. Its values count up from zero, so that each place can be recognised. */
export interface MadeUpTensor {
  readonly dtype?: string;
  readonly shape: readonly number[];
}

/** The bytes of a safetensors file. */
export function safetensors(tensors: Readonly<Record<string, MadeUpTensor>>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype = 'F32', shape }] of Object.entries(tensors)) {
    const count = shape.reduce((n, d) => n * d, 1);
    const bytes =
      dtype === 'F32'
        ? new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer)
        : new Uint8Array(count * 2);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Buffer.concat([length, text, ...parts]);
}

/** A temporary folder with these files; what is no bytes becomes JSON. The caller removes it. */
export function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kaito-convert-'));
  for (const [name, content] of Object.entries(files))
    writeFileSync(
      join(folder, name),
      content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content),
    );
  return folder;
}

export const SIZE = { hidden: 8, intermediate: 12, vocabulary: 16, layers: 1 } as const;

/** A config.json of a one-layer Phi-3. */
export function phi3Config(overrides: Readonly<Record<string, unknown>> = {}) {
  return {
    architectures: ['Phi3ForCausalLM'],
    bos_token_id: 0,
    eos_token_id: 0,
    pad_token_id: 0,
    hidden_act: 'silu',
    hidden_size: SIZE.hidden,
    intermediate_size: SIZE.intermediate,
    max_position_embeddings: 32,
    num_attention_heads: 2,
    num_hidden_layers: SIZE.layers,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    rope_parameters: { rope_type: 'default', rope_theta: 10000, partial_rotary_factor: 1 },
    sliding_window: null,
    tie_word_embeddings: false,
    vocab_size: SIZE.vocabulary,
    ...overrides,
  };
}

export function phi3Weights(): Record<string, MadeUpTensor> {
  const { hidden, intermediate, vocabulary } = SIZE;
  return {
    'lm_head.weight': { shape: [vocabulary, hidden] },
    'model.embed_tokens.weight': { shape: [vocabulary, hidden] },
    'model.layers.0.input_layernorm.weight': { shape: [hidden] },
    'model.layers.0.mlp.down_proj.weight': { shape: [hidden, intermediate] },
    'model.layers.0.mlp.gate_up_proj.weight': { shape: [2 * intermediate, hidden] },
    'model.layers.0.post_attention_layernorm.weight': { shape: [hidden] },
    'model.layers.0.self_attn.o_proj.weight': { shape: [hidden, hidden] },
    'model.layers.0.self_attn.qkv_proj.weight': { shape: [3 * hidden, hidden] },
    'model.norm.weight': { shape: [hidden] },
  };
}

/** A tokenizer.json with fourteen tokens, one merge and two special tokens. */
export function tokenizer(overrides: Readonly<Record<string, unknown>> = {}) {
  const tokens = ['<|endoftext|>', '<|end|>', ...'abcdefghijk', 'ab'];
  return {
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges: [['a', 'b']] },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    normalizer: null,
    added_tokens: [
      { id: 0, content: '<|endoftext|>', special: true },
      { id: 1, content: '<|end|>', special: true },
    ],
    ...overrides,
  };
}

/** All files of a model folder. */
export function modelFiles(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    'config.json': phi3Config(),
    'generation_config.json': { eos_token_id: [1, 0] },
    'tokenizer.json': tokenizer(),
    'chat_template.jinja': '{{ messages }}',
    'model.safetensors': safetensors(phi3Weights()),
    ...overrides,
  };
}

export function adapterConfig(overrides: Readonly<Record<string, unknown>> = {}) {
  return { peft_type: 'LORA', r: 4, lora_alpha: 8, bias: 'none', target_modules: 'all-linear', ...overrides };
}

export function adapterWeights(layer = 'self_attn.qkv_proj'): Record<string, MadeUpTensor> {
  const at = `base_model.model.model.layers.0.${layer}`;
  return { [`${at}.lora_A.weight`]: { shape: [4, 8] }, [`${at}.lora_B.weight`]: { shape: [24, 4] } };
}
