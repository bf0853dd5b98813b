import { bytes, gib, type ModelArchitecture, type ModelPreset, weightBytes } from '@kaito-sdk/core';

/** Where a figure stands, in the words that the presets carry. */
export const CONFIG = 'the published config.json';
export const CATALOG = 'KAITO v0.12.0, model catalog';
export const COUNTED = 'counted by building the architecture with transformers 5.23.0';
export const PINNED = 'the commit that KAITO v0.12.0 packs into its weights image 0.2.0 (supported_models.yaml)';
export const NOT_PINNED = 'no commit could be verified';
export const LICENCE = { spdx: 'MIT', source: CATALOG } as const;
export const LICENCE_UNLISTED = { spdx: 'MIT', source: 'the model card; unverified' } as const;

/** The linear layers of transformers' Phi-3: fused, so that the unfused names of other families match half of the model. */
export const PHI3_TARGETS: readonly string[] = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'];
export const PHI3_TARGETS_SOURCE = 'tried on a model of this architecture with peft 0.21.2';

/** Image, weights and scratch space: KAITO v0.12.0's rule, the weights and 80 GiB, rounded down. */
export function diskFor(model: Pick<ModelArchitecture, 'parameters' | 'dtype'>): ModelPreset['diskBytes'] {
  const weights = weightBytes(model as ModelArchitecture);
  return gib(Math.floor((weights + bytes(80 * 2 ** 30)) / 2 ** 30));
}

/**
 * How KAITO's public image of a preset is started. Tag 0.0.2 is what KAITO v0.3.2 runs: weights and a server with `POST /chat`
 * inside. Later tags bring other servers, and from 0.2.0 on weights only.
 */
export function presetImage(preset: string): Readonly<Record<string, unknown>> {
  return { repository: `kaito-${preset}`, tag: '0.0.2', pipeline: 'text-generation', trustRemoteCode: true };
}

/** One source for every figure of an architecture, and `more` where one differs. */
export function architectureSources(
  model: ModelArchitecture,
  source: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const fields = Object.keys(model).map((field) => [`model.${field}`, source] as const);
  return { ...Object.fromEntries(fields), ...more };
}
