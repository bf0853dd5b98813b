export type { AdapterOptions } from './adapters/adapter-options.js';
export { type LlamacppOptions, LlamacppRuntime } from './llamacpp/llamacpp-runtime.js';
export { type PresetImageOptions, PresetImageRuntime } from './preset-image/preset-image-runtime.js';
export { TemplateRuntime } from './template/template-runtime.js';
export { type VllmOptions, VllmRuntime } from './vllm/vllm-runtime.js';
