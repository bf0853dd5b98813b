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

/**
 * What the members of the family share: the same network, trained on for longer contexts. It has no grouped attention heads, so each
 * token costs 393,216 bytes of cache.
 */
const PHI_3_MINI = {
  architecture: 'Phi3ForCausalLM',
  parameters: 3_821_079_552,
  layers: 32,
  hiddenSize: 3072,
  intermediateSize: 8192,
  attentionHeads: 32,
  kvHeads: 32,
  headDim: 96,
  vocabSize: 32_064,
  dtype: 'bfloat16',
} as const satisfies Omit<ModelArchitecture, 'contextLength'>;

const BOTH = `${CONFIG}; ${CATALOG}`;

function phi3Mini(
  name: string,
  repository: string,
  revision: string,
  context: Pick<ModelArchitecture, 'contextLength' | 'slidingWindow' | 'rope'>,
  sources: Readonly<Record<string, string>>,
): ModelPreset {
  const model: ModelArchitecture = { ...PHI_3_MINI, ...context };
  return {
    name,
    model,
    weights: { repository, revision, gated: false },
    licence: LICENCE,
    diskBytes: diskFor(model),
    runtimes: {},
    adapterTargets: PHI3_TARGETS,
    sources: {
      ...architectureSources(model, BOTH, {
        'model.parameters': `${COUNTED}; 2 bytes each are the 7.12 GiB of the KAITO v0.12.0 catalog`,
        'model.intermediateSize': CONFIG,
        'model.headDim': `hiddenSize / attentionHeads; ${CATALOG}`,
        'model.vocabSize': CONFIG,
        'model.dtype': `${CONFIG}; KAITO v0.12.0 serves it as bfloat16 too`,
      }),
      'weights.repository': CATALOG,
      'weights.revision': PINNED,
      licence: CATALOG,
      adapterTargets: PHI3_TARGETS_SOURCE,
      diskBytes:
        'KAITO v0.12.0, model catalog (87Gi); KAITO v0.3.2 asked for 50Gi, which leaves no room for a hub download beside a large image',
      ...sources,
    },
  };
}

const IMAGE_SOURCE = { 'runtimes.preset-image': 'KAITO v0.3.2, preset phi-3 and its supported_models.yaml' };
const LONGROPE = { type: 'longrope', originalContext: 4096 } as const;

/** Phi-3-mini for 4,096 tokens. */
export const phi3Mini4kInstruct: ModelPreset = {
  ...phi3Mini(
    'phi-3-mini-4k-instruct',
    'microsoft/Phi-3-mini-4k-instruct',
    '0a67737cc96d2554230f90338b163bc6380a2a85',
    { contextLength: 4096, slidingWindow: 2047 },
    { 'model.slidingWindow': CONFIG, ...IMAGE_SOURCE },
  ),
  runtimes: { 'preset-image': presetImage('phi-3-mini-4k-instruct') },
};

/** Phi-3-mini for 131,072 tokens (longrope), 48 GiB of cache at full length: on most GPUs the usable context is what the planner says. */
export const phi3Mini128kInstruct: ModelPreset = {
  ...phi3Mini(
    'phi-3-mini-128k-instruct',
    'microsoft/Phi-3-mini-128k-instruct',
    '072cb7562cb8c4adf682a8e186aaafa49469eb5d',
    { contextLength: 131_072, slidingWindow: 262_144, rope: LONGROPE },
    { 'model.slidingWindow': 'copies of config.json that name the original; unverified', ...IMAGE_SOURCE },
  ),
  runtimes: { 'preset-image': presetImage('phi-3-mini-128k-instruct') },
};

/** Phi-3.5-mini: Phi-3-mini's network for 131,072 tokens, trained anew. No image with a server inside. */
export const phi35MiniInstruct: ModelPreset = phi3Mini(
  'phi-3.5-mini-instruct',
  'microsoft/Phi-3.5-mini-instruct',
  '3145e03a9fd4cdd7cd953c34d9bbf7ad606122ca',
  { contextLength: 131_072, rope: LONGROPE },
  {
    'model.intermediateSize': 'as phi-3-mini: with it the computed size equals the catalog of KAITO v0.12.0',
    'model.vocabSize': 'as phi-3-mini: with it the computed size equals the catalog of KAITO v0.12.0',
  },
);
