import { type PresetPack, presetFromConfig } from '@kaito-sdk/core';

const made = presetFromConfig({
  // What Workspaces write in preset.name.
  name: 'tinyllama-chat',
  repository: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
  // Set `revision` to the commit that you tested; without one every Plan says that none is pinned.
  licence: 'Apache-2.0',
  // The lines of the model's own config.json that sizing reads.
  config: {
    architectures: ['LlamaForCausalLM'],
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 22,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    vocab_size: 32000,
    max_position_embeddings: 2048,
    torch_dtype: 'bfloat16',
  },
});
if (!made.found) throw new Error(made.problem);

export const pack: PresetPack = { name: '__NAME__', models: [made.preset] };
