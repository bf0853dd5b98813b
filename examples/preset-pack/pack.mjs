// A package of presets: the question is how to give a model a name that Workspaces can use. See README.md.
import { definePlugin, presetFromConfig } from '@kaito-sdk/core';

const made = presetFromConfig({
  name: 'tinyllama-chat',
  repository: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
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

export default definePlugin({ name: 'example-preset-pack', apiVersion: '1', provides: ['presets'] }, (host) =>
  host.presets({ name: 'example', apiVersion: '1', models: [made.preset] }),
);
