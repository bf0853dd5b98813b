import type { PresetPack } from '@kaito-sdk/core';
import { phi3Mini4kInstruct } from './models/phi-3-mini-4k-instruct.js';
import { phi3Mini128kInstruct } from './models/phi-3-mini-128k-instruct.js';

/** The Phi family as presets: data only, each figure with its source. */
export const phiPresets: PresetPack = {
  name: 'phi',
  models: [phi3Mini4kInstruct, phi3Mini128kInstruct],
};
