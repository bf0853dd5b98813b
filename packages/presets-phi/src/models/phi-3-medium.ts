import type { ModelArchitecture, ModelPreset } from '@kaito-sdk/core';
import {
  architectureSources,
  CATALOG,
  CONFIG,
  COUNTED,
  diskFor,
  LICENCE,
  PHI3_TARGETS,
  PHI3_TARGETS_SOURCE,
  PINNED,
  presetImage,
} from '../facts.js';

/** Ten key-value heads: of the GPUs of one machine two, five or ten can share them, and never four. */
const PHI_3_MEDIUM = {
  architecture: 'Phi3ForCausalLM',
  parameters: 13_960_238_080,
  layers: 40,
  hiddenSize: 5120,
  intermediateSize: 17_920,
  attentionHeads: 40,
  kvHeads: 10,
  headDim: 128,
  vocabSize: 32_064,
  dtype: 'bfloat16',
} as const satisfies Omit<ModelArchitecture, 'contextLength'>;

function phi3Medium(
  name: string,
  repository: string,
  revision: string,
  context: Pick<ModelArchitecture, 'contextLength' | 'slidingWindow' | 'rope'>,
  windowSource: string,
): ModelPreset {
  const model: ModelArchitecture = { ...PHI_3_MEDIUM, ...context };
  return {
    name,
    model,
    weights: { repository, revision, gated: false },
    licence: LICENCE,
    diskBytes: diskFor(model),
    runtimes: { 'preset-image': presetImage(name) },
    adapterTargets: PHI3_TARGETS,
    sources: {
      ...architectureSources(model, `${CONFIG}; ${CATALOG}`, {
        'model.parameters': `${COUNTED}; 2 bytes each are the 26.00 GiB of the KAITO v0.12.0 catalog`,
        'model.slidingWindow': windowSource,
      }),
      'weights.repository': CATALOG,
      'weights.revision': PINNED,
      licence: CATALOG,
      diskBytes: 'KAITO v0.12.0, model catalog (106Gi)',
      adapterTargets: PHI3_TARGETS_SOURCE,
      'runtimes.preset-image': 'KAITO v0.3.2, preset phi-3 and its supported_models.yaml',
    },
  };
}

/** Phi-3-medium for 4,096 tokens. */
export const phi3Medium4kInstruct: ModelPreset = phi3Medium(
  'phi-3-medium-4k-instruct',
  'microsoft/Phi-3-medium-4k-instruct',
  'b64223aaea6fbf273c0c8cd0801d5e732dce8897',
  { contextLength: 4096, slidingWindow: 2047 },
  CONFIG,
);

/** Phi-3-medium for 131,072 tokens (longrope), 25 GiB of cache at full length. */
export const phi3Medium128kInstruct: ModelPreset = phi3Medium(
  'phi-3-medium-128k-instruct',
  'microsoft/Phi-3-medium-128k-instruct',
  'fa7d2aa4f5ea69b2e36b20d050cdae79c9bfbb3f',
  { contextLength: 131_072, slidingWindow: 131_072, rope: { type: 'longrope', originalContext: 4096 } },
  'copies of config.json; unverified',
);
