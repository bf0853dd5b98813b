export type { ImageSettings, TrainerBuild } from './images.js';
export { methodTemplate } from './method-template.js';
export { TuningRuntime, type TuningRuntimeOptions } from './tuning-runtime.js';
