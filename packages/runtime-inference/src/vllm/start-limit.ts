import type { ModelPreset } from '@kaito-sdk/core';

/**
 * Seconds from container start to ready: KAITO v0.12.0's rule of 15 minutes and 18 s for each GiB of weights, at least 30 minutes
 * and at most 180.
 */
export function startLimit({ model }: ModelPreset): number {
  const weightsGib = (model.parameters * 2) / 2 ** 30;
  return Math.min(180 * 60, Math.max(30 * 60, Math.ceil(15 * 60 + 18 * weightsGib)));
}
