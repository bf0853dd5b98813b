import type { ModelArchitecture, ModelPreset } from '@kaito-sdk/core';
import { architectureSources, COUNTED, diskFor, LICENCE_UNLISTED, NOT_PINNED } from '../facts.js';

const MODEL: ModelArchitecture = {
  architecture: 'PhiMoEForCausalLM',
  parameters: 41_873_153_344,
  layers: 32,
  hiddenSize: 4096,
  intermediateSize: 6400,
  attentionHeads: 32,
  kvHeads: 8,
  headDim: 128,
  vocabSize: 32_064,
  contextLength: 131_072,
  rope: { type: 'longrope', originalContext: 4096 },
  experts: { count: 16, perToken: 2 },
  dtype: 'bfloat16',
};

/** Phi-3.5-MoE: 16 experts of which a token meets two. All of them must be loaded: 77.99 GiB. */
export const phi35MoeInstruct: ModelPreset = {
  name: 'phi-3.5-moe-instruct',
  model: MODEL,
  weights: { repository: 'microsoft/Phi-3.5-MoE-instruct', gated: false },
  licence: LICENCE_UNLISTED,
  diskBytes: diskFor(MODEL),
  runtimes: {},
  sources: {
    ...architectureSources(MODEL, 'defaults of the architecture in transformers 5.23.0', {
      'model.parameters': `${COUNTED}; the public figure is 41.9 billion`,
    }),
    'weights.repository': 'the model card; unverified',
    'weights.revision': NOT_PINNED,
    licence: LICENCE_UNLISTED.source,
    diskBytes: 'the rule of KAITO v0.12.0: weights and 80 GiB',
  },
};
