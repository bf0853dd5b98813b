import { PRESET_PACK_VERSION, type PresetPack } from '@kaito-sdk/core';
import { phi2 } from './models/phi-2.js';
import { phi35MoeInstruct } from './models/phi-3.5-moe.js';
import { phi3Medium4kInstruct, phi3Medium128kInstruct } from './models/phi-3-medium.js';
import { phi3Mini4kInstruct, phi3Mini128kInstruct, phi35MiniInstruct } from './models/phi-3-mini.js';
import { phi3Small8kInstruct, phi3Small128kInstruct } from './models/phi-3-small.js';
import { phi4, phi4Reasoning, phi4ReasoningPlus } from './models/phi-4.js';
import { phi4MiniInstruct, phi4MiniReasoning } from './models/phi-4-mini.js';
import { withImages } from './published-images.js';

/** The Phi family as presets: data only, each figure with its source. */
export const phiPresets: PresetPack = {
  name: 'phi',
  apiVersion: PRESET_PACK_VERSION,
  models: [
    phi2,
    phi3Mini4kInstruct,
    phi3Mini128kInstruct,
    phi3Small8kInstruct,
    phi3Small128kInstruct,
    phi3Medium4kInstruct,
    phi3Medium128kInstruct,
    phi35MiniInstruct,
    phi35MoeInstruct,
    phi4,
    phi4MiniInstruct,
    phi4Reasoning,
    phi4ReasoningPlus,
    phi4MiniReasoning,
  ].map(withImages),
};
