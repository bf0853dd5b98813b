import type { ModelPreset } from '@kaito-sdk/core';
import { PHI_3_MINI, PHI_3_MINI_DISK, PHI_3_MINI_LICENCE, PHI_3_MINI_SOURCES, phi3MiniImage } from './phi-3-mini.js';

/**
 * Phi-3-mini for 131,072 tokens (longrope). It has no grouped attention heads, so each token costs 393,216 bytes of cache and the
 * full context 48 GiB: on most GPUs the usable context is what the planner says, not what the name says.
 */
export const phi3Mini128kInstruct: ModelPreset = {
  name: 'phi-3-mini-128k-instruct',
  model: { ...PHI_3_MINI, contextLength: 131_072, slidingWindow: 262_144 },
  weights: {
    repository: 'microsoft/Phi-3-mini-128k-instruct',
    revision: '072cb7562cb8c4adf682a8e186aaafa49469eb5d',
    gated: false,
  },
  licence: PHI_3_MINI_LICENCE,
  diskBytes: PHI_3_MINI_DISK,
  runtimes: { 'preset-image': phi3MiniImage('phi-3-mini-128k-instruct') },
  sources: { ...PHI_3_MINI_SOURCES, 'model.slidingWindow': 'copies of config.json that name the original; unverified' },
};
