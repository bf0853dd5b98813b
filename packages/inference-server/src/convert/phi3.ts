import { ConversionError } from './conversion-error.js';
import type { GgufTensor, GgufValue } from './gguf.js';
import type { JsonObject } from './json-object.js';
import type { Tensor } from './safetensors.js';

/** The linear layers of one Phi-3 block: the name in a Hugging Face folder and the one in GGUF. Gate and up are one fused tensor in both. */
export const phi3Projections: Readonly<Record<string, string>> = {
  'self_attn.qkv_proj': 'attn_qkv',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

const norms: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
};

const outer: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
};

/**
 * The GGUF metadata of a Phi-3 model, from its config.json.
 *
 * @throws ConversionError for another architecture, for long-context rope and for a sliding window: their tensors and keys are not
 * written by this converter, and a file without them would answer nonsense beyond the short context.
 */
export function phi3Metadata(config: JsonObject): Record<string, GgufValue> {
  const architectures = config.list('architectures').join(', ');
  if (architectures !== 'Phi3ForCausalLM')
    throw new ConversionError(`config.json: architecture ${architectures} is not known; only Phi3ForCausalLM is`);
  const rope = config.optionalObject('rope_parameters');
  const ropeType = rope?.get('rope_type') ?? 'default';
  if (ropeType !== 'default' || !config.isUnset('rope_scaling'))
    throw new ConversionError(
      `config.json: rope ${String(ropeType)} is not supported, only the default one; use llama.cpp's own converter for long-context models`,
    );
  if (!config.isUnset('sliding_window'))
    throw new ConversionError('config.json: sliding_window is not supported; it must be null');
  if (config.get('hidden_act') !== 'silu')
    throw new ConversionError(`config.json: hidden_act ${String(config.get('hidden_act'))} is not silu`);

  const heads = config.number('num_attention_heads');
  const headSize = config.number('hidden_size') / heads;
  const rotated = headSize * (rope?.number('partial_rotary_factor', 1) ?? config.number('partial_rotary_factor', 1));
  const context = config.number('max_position_embeddings');
  return {
    'phi3.context_length': { type: 'uint32', value: context },
    'phi3.rope.scaling.original_context_length': {
      type: 'uint32',
      value: config.number('original_max_position_embeddings', context),
    },
    'phi3.embedding_length': { type: 'uint32', value: config.number('hidden_size') },
    'phi3.feed_forward_length': { type: 'uint32', value: config.number('intermediate_size') },
    'phi3.block_count': { type: 'uint32', value: config.number('num_hidden_layers') },
    'phi3.attention.head_count': { type: 'uint32', value: heads },
    'phi3.attention.head_count_kv': { type: 'uint32', value: config.number('num_key_value_heads', heads) },
    'phi3.attention.layer_norm_rms_epsilon': { type: 'float32', value: config.number('rms_norm_eps') },
    'phi3.rope.dimension_count': { type: 'uint32', value: rotated },
    'phi3.rope.freq_base': {
      type: 'float32',
      value: rope?.number('rope_theta', 10000) ?? config.number('rope_theta', 10000),
    },
    'phi3.attention.sliding_window': { type: 'uint32', value: 0 },
  };
}

/** The tensors of a Phi-3 model with so many blocks: the name in GGUF and, as its value, the one in a Hugging Face folder. */
export function phi3Names(blocks: number): ReadonlyMap<string, string> {
  const names = new Map(Object.entries(outer).map(([theirs, ours]) => [ours, theirs]));
  for (let block = 0; block < blocks; block++) {
    for (const [theirs, ours] of Object.entries({ ...norms, ...phi3Projections }))
      names.set(`blk.${block}.${ours}.weight`, `model.layers.${block}.${theirs}.weight`);
  }
  return names;
}

/**
 * The tensors under their GGUF names, in the order of the blocks. Vectors stay in single precision, as llama.cpp wants them.
 *
 * @throws ConversionError when one is missing or has no place in a Phi-3 file.
 */
export function phi3Tensors(config: JsonObject, tensors: ReadonlyMap<string, Tensor>): readonly GgufTensor[] {
  const wanted = [...phi3Names(config.number('num_hidden_layers'))].filter(
    ([, theirs]) => theirs !== 'lm_head.weight' || config.get('tie_word_embeddings') !== true,
  );
  const known = new Set(wanted.map(([, theirs]) => theirs));
  for (const name of tensors.keys()) {
    if (!known.has(name)) throw new ConversionError(`the tensor ${name} has no place in a Phi-3 model`);
  }
  return wanted.map(([name, theirs]) => {
    const tensor = tensors.get(theirs);
    if (!tensor) throw new ConversionError(`the tensor ${theirs} is missing`);
    return { name, shape: tensor.shape, values: tensor.values, precision: tensor.shape.length === 1 ? 'F32' : 'F16' };
  });
}
