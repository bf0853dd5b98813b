import type { ModelArchitecture, ModelPreset } from '@kaito-sdk/core';
import {
  architectureSources,
  CATALOG,
  CONFIG,
  COUNTED,
  diskFor,
  LICENCE,
  LICENCE_UNLISTED,
  NOT_PINNED,
  PHI3_TARGETS,
  PHI3_TARGETS_SOURCE,
  PINNED,
} from '../facts.js';

/** Grouped heads: a third of Phi-3-mini's cache a token, so a long context is cheap. */
const MODEL: ModelArchitecture = {
  architecture: 'Phi3ForCausalLM',
  parameters: 3_836_021_760,
  layers: 32,
  hiddenSize: 3072,
  intermediateSize: 8192,
  attentionHeads: 24,
  kvHeads: 8,
  headDim: 128,
  vocabSize: 200_064,
  contextLength: 131_072,
  rope: { type: 'longrope', originalContext: 4096 },
  tiedEmbeddings: true,
  dtype: 'bfloat16',
};

/** Phi-4-mini for 131,072 tokens. */
export const phi4MiniInstruct: ModelPreset = {
  name: 'phi-4-mini-instruct',
  model: MODEL,
  weights: {
    repository: 'microsoft/Phi-4-mini-instruct',
    revision: 'c0fb9e74abda11b496b7907a9c6c9009a7a0488f',
    gated: false,
  },
  licence: LICENCE,
  diskBytes: diskFor(MODEL),
  runtimes: {},
  adapterTargets: PHI3_TARGETS,
  sources: {
    ...architectureSources(MODEL, `${CONFIG}; ${CATALOG}`, {
      'model.parameters': `${COUNTED}; 2 bytes each are the 7.15 GiB of the KAITO v0.12.0 catalog`,
      'model.vocabSize': 'not seen in a config excerpt, unverified; with it the computed size equals the catalog',
    }),
    'weights.repository': CATALOG,
    'weights.revision': PINNED,
    licence: CATALOG,
    diskBytes: 'KAITO v0.12.0, model catalog (87Gi)',
    adapterTargets: PHI3_TARGETS_SOURCE,
  },
};

/** Phi-4-mini trained to reason. KAITO does not list it. */
export const phi4MiniReasoning: ModelPreset = {
  ...phi4MiniInstruct,
  name: 'phi-4-mini-reasoning',
  weights: { repository: 'microsoft/Phi-4-mini-reasoning', gated: false },
  licence: LICENCE_UNLISTED,
  sources: {
    ...architectureSources(MODEL, 'taken to be the architecture of phi-4-mini-instruct; unverified'),
    'weights.repository': 'the model card; unverified',
    'weights.revision': NOT_PINNED,
    licence: LICENCE_UNLISTED.source,
    diskBytes: 'the rule of KAITO v0.12.0: weights and 80 GiB',
    adapterTargets: PHI3_TARGETS_SOURCE,
  },
};
