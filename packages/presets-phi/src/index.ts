export { phi2 } from './models/phi-2.js';
export { phi35MoeInstruct } from './models/phi-3.5-moe.js';
export { phi3Medium4kInstruct, phi3Medium128kInstruct } from './models/phi-3-medium.js';
export { phi3Mini4kInstruct, phi3Mini128kInstruct, phi35MiniInstruct } from './models/phi-3-mini.js';
export { phi3Small8kInstruct, phi3Small128kInstruct } from './models/phi-3-small.js';
export { phi4, phi4Reasoning, phi4ReasoningPlus } from './models/phi-4.js';
export { phi4MiniInstruct, phi4MiniReasoning } from './models/phi-4-mini.js';
export { phiPresets } from './phi-presets.js';
