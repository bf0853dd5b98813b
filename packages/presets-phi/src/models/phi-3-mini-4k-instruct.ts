import type { ModelPreset } from '@kaito-sdk/core';
import { PHI_3_MINI, PHI_3_MINI_DISK, PHI_3_MINI_LICENCE, PHI_3_MINI_SOURCES, phi3MiniImage } from './phi-3-mini.js';

/** Phi-3-mini for 4,096 tokens. */
export const phi3Mini4kInstruct: ModelPreset = {
  name: 'phi-3-mini-4k-instruct',
  model: { ...PHI_3_MINI, contextLength: 4096, slidingWindow: 2047 },
  weights: {
    repository: 'microsoft/Phi-3-mini-4k-instruct',
    revision: '0a67737cc96d2554230f90338b163bc6380a2a85',
    gated: false,
  },
  licence: PHI_3_MINI_LICENCE,
  diskBytes: PHI_3_MINI_DISK,
  runtimes: { 'preset-image': phi3MiniImage('phi-3-mini-4k-instruct') },
  sources: { ...PHI_3_MINI_SOURCES, 'model.slidingWindow': 'the published config.json' },
};
