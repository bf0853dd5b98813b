import type { ModelArchitecture, ModelPreset } from '@kaito-sdk/core';
import { architectureSources, CATALOG, CONFIG, COUNTED, diskFor, PINNED } from '../facts.js';

const MODEL: ModelArchitecture = {
  architecture: 'PhiForCausalLM',
  parameters: 2_779_683_840,
  layers: 32,
  hiddenSize: 2560,
  intermediateSize: 10_240,
  attentionHeads: 32,
  kvHeads: 32,
  headDim: 80,
  vocabSize: 51_200,
  contextLength: 2048,
  dtype: 'float16',
};

/** Known so that its name is not taken for a mistake, and refused as KAITO's head refuses it. */
export const phi2: ModelPreset = {
  name: 'phi-2',
  model: MODEL,
  weights: { repository: 'microsoft/phi-2', revision: 'ef382358ec9e382308935a992d908de099b64c23', gated: false },
  licence: { spdx: 'MIT', source: 'the model card; unverified' },
  diskBytes: diskFor(MODEL),
  runtimes: {},
  adapterTargets: ['q_proj', 'k_proj', 'v_proj', 'dense', 'fc1', 'fc2'],
  deprecated: {
    reason: 'KAITO v0.12.0 has deprecated it, and its context of 2,048 tokens is shorter than that of any successor',
    instead: 'phi-3-mini-4k-instruct',
  },
  sources: {
    ...architectureSources(MODEL, CONFIG, { 'model.parameters': COUNTED }),
    'weights.repository': CATALOG,
    'weights.revision': PINNED,
    licence: 'the model card; unverified',
    diskBytes: 'the rule of KAITO v0.12.0: weights and 80 GiB',
    adapterTargets: 'read in the library, unverified',
    deprecated: 'KAITO v0.12.0, supported_models.yaml',
  },
};
