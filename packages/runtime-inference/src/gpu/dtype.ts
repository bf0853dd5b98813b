import type { ModelPreset, Notice } from '@kaito-sdk/core';

/** CUDA compute capability from which GPUs compute in bfloat16. */
const BFLOAT16_FROM = 8;

/** The type that the weights are computed in on a GPU: the published one, or float16 where the GPU has no bfloat16. */
export function computeType(preset: ModelPreset, computeCapability: number): 'bfloat16' | 'float16' | 'float32' {
  return preset.model.dtype === 'bfloat16' && computeCapability < BFLOAT16_FROM ? 'float16' : preset.model.dtype;
}

/** Told once per Plan: float16 has the smaller range, and a model that was trained in bfloat16 can overflow in it. */
export function computeTypeWarnings(preset: ModelPreset, computeCapability: number): readonly Notice[] {
  const used = computeType(preset, computeCapability);
  if (used === preset.model.dtype) return [];
  const message = `${preset.name} is published in ${preset.model.dtype}, which needs compute capability ${BFLOAT16_FROM}.0; at ${computeCapability.toFixed(1)} it is computed in ${used}.`;
  return [{ code: 'ComputeTypeChanged', message }];
}
