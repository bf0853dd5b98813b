export { phi3Mini4kInstruct } from './models/phi-3-mini-4k-instruct.js';
export { phi3Mini128kInstruct } from './models/phi-3-mini-128k-instruct.js';
export { phiPresets } from './phi-presets.js';
