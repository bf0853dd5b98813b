import type { ModelArchitecture } from '@kaito-sdk/core';

/** Bytes of one number in the computed type. */
export function numberBytes(dtype: 'bfloat16' | 'float16' | 'float32'): number {
  return dtype === 'float32' ? 4 : 2;
}

/** Bytes of the key-value cache for one token in all layers: keys and values of every key-value head. */
export function cacheBytesPerToken(model: ModelArchitecture, dtype: 'bfloat16' | 'float16' | 'float32'): number {
  return 2 * model.layers * model.kvHeads * model.headDim * numberBytes(dtype);
}
