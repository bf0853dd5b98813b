import type { ModelArchitecture } from '../plugin/preset-pack.js';
import { type Bytes, bytes } from './bytes.js';

/** A type that an engine computes in. */
export type NumberType = ModelArchitecture['dtype'];

/** Bytes of one number. */
export function numberBytes(dtype: NumberType): number {
  return dtype === 'float32' ? 4 : 2;
}

/**
 * Bytes of all weights once they are loaded: the published size where the weights are quantized (embedding, head and norms mostly
 * are not, so bits times parameters would be too little), else every parameter in the computed type.
 */
export function weightBytes(model: ModelArchitecture, dtype: NumberType = model.dtype): Bytes {
  const { quantization, parameters } = model;
  if (quantization === undefined) return bytes(parameters * numberBytes(dtype));
  if (model.weightBytes !== undefined) return model.weightBytes;
  const ends = Math.min(parameters, embeddingParameters(model));
  return bytes(((parameters - ends) * quantization.bits) / 8 + ends * numberBytes(dtype));
}

/** How {@link weightBytes} came to its figure, for the part of a Plan that shows it. */
export function weightSource(model: ModelArchitecture, dtype: NumberType = model.dtype): string {
  const { quantization, parameters } = model;
  if (quantization === undefined) return `${parameters} parameters of ${numberBytes(dtype)} bytes (${dtype})`;
  if (model.weightBytes !== undefined) return `published size, ${quantization.method} of ${quantization.bits} bits`;
  return `${parameters} parameters of ${quantization.bits} bits (${quantization.method}), embeddings in ${dtype}`;
}

/** Parameters of embedding and output head, which share one matrix in some models. */
export function embeddingParameters(model: ModelArchitecture): number {
  return (model.tiedEmbeddings ? 1 : 2) * model.vocabSize * model.hiddenSize;
}

/** Bytes of the cache for one token in one layer: keys and values of every key-value head, or one latent vector. */
export function cacheBytesPerLayer(model: ModelArchitecture, dtype: NumberType = model.dtype): number {
  if (model.latentCacheWidth !== undefined) return model.latentCacheWidth * numberBytes(dtype);
  return 2 * model.kvHeads * model.headDim * numberBytes(dtype);
}

/** Bytes of the key-value cache for one token in all layers. */
export function cacheBytesPerToken(model: ModelArchitecture, dtype: NumberType = model.dtype): number {
  return model.layers * cacheBytesPerLayer(model, dtype);
}

/**
 * Bytes of the key-value cache of one sequence. Layers with a sliding window stop growing at the window; a model that only states
 * a window, and not which layers keep to it, is counted as if it looked back at everything, as engines then do.
 */
export function cacheBytesAt(model: ModelArchitecture, tokens: number, dtype: NumberType = model.dtype): Bytes {
  const sliding = slidingLayers(model);
  const seen = Math.min(tokens, model.slidingWindow ?? tokens);
  return bytes(cacheBytesPerLayer(model, dtype) * ((model.layers - sliding) * tokens + sliding * seen));
}

/** Layers whose cache stops at {@link ModelArchitecture.slidingWindow}. */
export function slidingLayers(model: ModelArchitecture): number {
  return model.slidingWindow === undefined ? 0 : Math.min(model.layers, model.slidingWindowLayers ?? 0);
}

/** How one copy of a model is laid over GPUs. */
export interface ModelSplit {
  /** GPUs of one machine that each hold a part of every layer (tensor parallelism). @default 1 */
  readonly tensor?: number;
  /** Machines that each hold some of the layers (pipeline parallelism). @default 1 */
  readonly pipeline?: number;
}

/** Bytes of the weights on the fullest GPU of a split model: its layers, and the embedding or the head, which no pipeline divides. */
export function weightBytesOnOneGpu(model: ModelArchitecture, dtype: NumberType, split: ModelSplit = {}): Bytes {
  const { tensor = 1, pipeline = 1 } = split;
  const whole = weightBytes(model, dtype);
  const matrix = model.vocabSize * model.hiddenSize * numberBytes(dtype);
  const ends = Math.min(whole, (model.tiedEmbeddings ? 1 : 2) * matrix);
  const atOneEnd = pipeline === 1 ? ends : Math.min(ends, matrix);
  return bytes((((whole - ends) * layersOnOneGpu(model, split)) / model.layers + atOneEnd) / tensor);
}

/** Layers of the machine that has the most of them. */
export function layersOnOneGpu({ layers }: ModelArchitecture, { pipeline = 1 }: ModelSplit = {}): number {
  return Math.ceil(layers / pipeline);
}
