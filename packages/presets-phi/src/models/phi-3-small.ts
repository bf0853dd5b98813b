import type { ModelArchitecture, ModelPreset } from '@kaito-sdk/core';
import { architectureSources, CONFIG, diskFor, LICENCE_UNLISTED, NOT_PINNED } from '../facts.js';

/** A network of its own kind: block-sparse attention kernels and a Python class that no library has. */
const PHI_3_SMALL = {
  architecture: 'Phi3SmallForCausalLM',
  parameters: 7_392_272_384,
  layers: 32,
  hiddenSize: 4096,
  intermediateSize: 14_336,
  attentionHeads: 32,
  kvHeads: 8,
  headDim: 128,
  vocabSize: 100_352,
  tiedEmbeddings: true,
  remoteCode: true,
  dtype: 'bfloat16',
} as const satisfies Omit<ModelArchitecture, 'contextLength'>;

function phi3Small(
  name: string,
  repository: string,
  context: Pick<ModelArchitecture, 'contextLength' | 'rope'>,
  source: string,
): ModelPreset {
  const model: ModelArchitecture = { ...PHI_3_SMALL, ...context };
  return {
    name,
    model,
    weights: { repository, gated: false },
    licence: LICENCE_UNLISTED,
    diskBytes: diskFor(model),
    runtimes: {},
    adapterTargets: ['query_key_value', 'dense', 'up_proj', 'down_proj'],
    sources: {
      ...architectureSources(model, source, {
        'model.parameters': 'by formula from the published dimensions; unverified',
      }),
      'weights.repository': 'the model card; unverified',
      'weights.revision': NOT_PINNED,
      licence: LICENCE_UNLISTED.source,
      diskBytes: 'the rule of KAITO v0.12.0: weights and 80 GiB',
      adapterTargets: 'read in the published code; unverified',
    },
  };
}

/** Phi-3-small for 8,192 tokens. KAITO lists neither member of the family. */
export const phi3Small8kInstruct: ModelPreset = phi3Small(
  'phi-3-small-8k-instruct',
  'microsoft/Phi-3-small-8k-instruct',
  { contextLength: 8192 },
  CONFIG,
);

/** Phi-3-small for 131,072 tokens. */
export const phi3Small128kInstruct: ModelPreset = phi3Small(
  'phi-3-small-128k-instruct',
  'microsoft/Phi-3-small-128k-instruct',
  { contextLength: 131_072, rope: { type: 'longrope', originalContext: 8192 } },
  'assumed equal to the 8k model but for context and rope; unverified',
);
