export { type Clock, systemClock } from './clock.js';
export { adapterToGguf } from './convert/adapter-to-gguf.js';
export { ConversionError } from './convert/conversion-error.js';
export { defaultCacheFolder, GgufCache } from './convert/gguf-cache.js';
export { ggufToFolder } from './convert/gguf-to-folder.js';
export { HuggingFaceFolder } from './convert/hugging-face-folder.js';
export { type ModelCard, modelToGguf } from './convert/model-to-gguf.js';
export type { AdapterSpec } from './engine/adapter.js';
export type {
  ChatMessage,
  Engine,
  FinishReason,
  GenerateOptions,
  Piece,
  Prompt,
  Sampling,
  ServedModel,
} from './engine/engine.js';
export { EngineError, type EngineErrorCode } from './engine/engine-error.js';
export { LlamaEngine, type LlamaEngineOptions } from './engine/llama-engine.js';
export { type Log, type LogLevel, lineLog } from './log.js';
export { InferenceServer, type InferenceServerOptions } from './server/inference-server.js';
export { tinyAdapters, tinyModelPath } from './tiny-model.js';
