import { gib, type ModelArchitecture } from '@kaito-sdk/core';

/** What the two context variants of Phi-3-mini share: the same network, trained on for longer contexts. */
export const PHI_3_MINI: Omit<ModelArchitecture, 'contextLength' | 'slidingWindow'> = {
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
};

export const PHI_3_MINI_LICENCE = { spdx: 'MIT', source: 'KAITO v0.12.0, model catalog' } as const;

/** Image, weights and scratch space: KAITO's rule, the weights (7.12 GiB) and 80 GiB, rounded down. */
export const PHI_3_MINI_DISK = gib(87);

/**
 * How KAITO's public image of a Phi-3-mini preset is started. Tag 0.0.2 is what KAITO v0.3.2 runs: weights and a server with
 * `POST /chat` inside. Later tags bring other servers, and from 0.2.0 on weights only.
 */
export function phi3MiniImage(preset: string): Readonly<Record<string, unknown>> {
  return { repository: `kaito-${preset}`, tag: '0.0.2', pipeline: 'text-generation', trustRemoteCode: true };
}

/** Sources of the figures above, for the presets to carry. */
export const PHI_3_MINI_SOURCES: Readonly<Record<string, string>> = {
  'model.architecture': 'the published config.json; KAITO v0.12.0, model catalog',
  'model.parameters':
    'counted by building the architecture with transformers 5.23.0; 2 bytes each are the 7.12 GiB of the KAITO v0.12.0 catalog',
  'model.layers': 'the published config.json; KAITO v0.12.0, model catalog',
  'model.hiddenSize': 'the published config.json; KAITO v0.12.0, model catalog',
  'model.intermediateSize': 'the published config.json',
  'model.attentionHeads': 'the published config.json; KAITO v0.12.0, model catalog',
  'model.kvHeads': 'the published config.json; KAITO v0.12.0, model catalog',
  'model.headDim': 'hiddenSize / attentionHeads; KAITO v0.12.0, model catalog',
  'model.vocabSize': 'the published config.json',
  'model.contextLength': 'the published config.json; KAITO v0.12.0, model catalog',
  'model.dtype': 'the published config.json; KAITO v0.12.0 serves it as bfloat16 too',
  'weights.repository': 'KAITO v0.12.0, model catalog',
  'weights.revision': 'the commit that KAITO v0.12.0 packs into its weights image 0.2.0 (supported_models.yaml)',
  licence: 'KAITO v0.12.0, model catalog',
  diskBytes:
    'KAITO v0.12.0, model catalog (87Gi); KAITO v0.3.2 asked for 50Gi, which leaves no room for a hub download beside a large image',
  'runtimes.preset-image': 'KAITO v0.3.2, preset phi-3 and its supported_models.yaml',
};
