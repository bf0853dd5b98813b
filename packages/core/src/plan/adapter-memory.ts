import type { ModelArchitecture } from '../plugin/preset-pack.js';
import type { MemoryPart } from '../plugin/runtime.js';
import { bytes } from './bytes.js';
import { type NumberType, numberBytes } from './model-memory.js';

/**
 * Parameters of one low-rank adapter on every linear layer of the model: two matrices beside each, `rank` wide. Experts are left
 * out, as adapters of mixtures leave them out.
 */
export function adapterParameters(model: ModelArchitecture, rank: number): number {
  const { hiddenSize: hidden, attentionHeads, kvHeads, headDim, intermediateSize, layers, experts } = model;
  const queries = attentionHeads * headDim;
  const keys = kvHeads * headDim;
  const attention = hidden + queries + 2 * (hidden + keys) + (queries + hidden);
  const feedForward = experts ? 0 : 3 * (hidden + intermediateSize);
  return layers * rank * (attention + feedForward);
}

/** Memory that an engine sets aside for adapters beside a model: one slot each, as wide as the widest. */
export function adapterMemory(
  model: ModelArchitecture,
  { rank, count }: { readonly rank: number; readonly count: number },
  dtype: NumberType = model.dtype,
): MemoryPart {
  return {
    name: count === 1 ? 'adapter' : 'adapters',
    bytes: bytes(adapterParameters(model, rank) * numberBytes(dtype) * count),
    source: `${count} of rank ${rank} on every linear layer, ${numberBytes(dtype)} bytes each parameter`,
  };
}
