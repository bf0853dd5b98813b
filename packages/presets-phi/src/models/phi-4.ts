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

const PHI_4 = {
  architecture: 'Phi3ForCausalLM',
  parameters: 14_659_507_200,
  layers: 40,
  hiddenSize: 5120,
  intermediateSize: 17_920,
  attentionHeads: 40,
  kvHeads: 10,
  headDim: 128,
  vocabSize: 100_352,
  dtype: 'bfloat16',
} as const satisfies Omit<ModelArchitecture, 'contextLength'>;

const MODEL: ModelArchitecture = { ...PHI_4, contextLength: 16_384 };

/** Phi-4: 14.7 billion parameters, 16,384 tokens. */
export const phi4: ModelPreset = {
  name: 'phi-4',
  model: MODEL,
  weights: { repository: 'microsoft/phi-4', revision: '187ef0342fff0eb3333be9f00389385e95ef0b61', gated: false },
  licence: LICENCE,
  diskBytes: diskFor(MODEL),
  runtimes: {},
  adapterTargets: PHI3_TARGETS,
  sources: {
    ...architectureSources(MODEL, `${CONFIG}; ${CATALOG}`, {
      'model.parameters': `${COUNTED}; 2 bytes each are the 27.31 GiB of the KAITO v0.12.0 catalog`,
    }),
    'weights.repository': CATALOG,
    'weights.revision': PINNED,
    licence: CATALOG,
    diskBytes: 'KAITO v0.12.0, model catalog (107Gi)',
    adapterTargets: PHI3_TARGETS_SOURCE,
  },
};

const SAME = 'taken to be the architecture of phi-4 with a longer context; unverified';

function reasoning(name: string, repository: string): ModelPreset {
  const model: ModelArchitecture = { ...PHI_4, contextLength: 32_768 };
  return {
    name,
    model,
    weights: { repository, gated: false },
    licence: LICENCE_UNLISTED,
    diskBytes: diskFor(model),
    runtimes: {},
    adapterTargets: PHI3_TARGETS,
    sources: {
      ...architectureSources(model, SAME),
      'weights.repository': 'the model card; unverified',
      'weights.revision': NOT_PINNED,
      licence: LICENCE_UNLISTED.source,
      diskBytes: 'the rule of KAITO v0.12.0: weights and 80 GiB',
      adapterTargets: PHI3_TARGETS_SOURCE,
    },
  };
}

/** Phi-4 trained to reason, 32,768 tokens. KAITO does not list it. */
export const phi4Reasoning: ModelPreset = reasoning('phi-4-reasoning', 'microsoft/Phi-4-reasoning');

/** As {@link phi4Reasoning}, trained on further. */
export const phi4ReasoningPlus: ModelPreset = reasoning('phi-4-reasoning-plus', 'microsoft/Phi-4-reasoning-plus');
