import { bytes, gib, type MemoryDemand, type RuntimeNeed } from '@kaito-sdk/core';
import { computeType } from '../gpu/dtype.js';
import { numberBytes } from '../gpu/model-bytes.js';
import { VISIBLE_SHARE } from '../gpu/visible-memory.js';
import { MINIMUM_CONTEXT } from '../minimum-context.js';
import { tensorParallelSize } from './parallelism.js';

/** What the engine is told to use of the memory that it sees; vLLM's own default. */
export const GPU_MEMORY_UTILIZATION = 0.9;

/** Activations, CUDA graphs and context of one GPU. KAITO v0.12.0's estimator reserves as much. */
const OVERHEAD = gib(2.3);

/**
 * Memory of one GPU under vLLM: weights and cache are cut over the GPUs of the machine, attention is paged and needs no scores of
 * the whole prompt. The cache is that of one sequence at full length; several shorter ones share it. A sliding window is not taken
 * into account, so a model that has one needs less than this.
 */
export function vllmSizing({ preset, instance }: RuntimeNeed): MemoryDemand {
  const { model } = preset;
  const dtype = computeType(preset, instance.gpu.computeCapability ?? 0);
  const number = numberBytes(dtype);
  const parts = tensorParallelSize(model, instance.gpu.count);
  const kvHeads = Math.max(1, model.kvHeads / parts);
  const cut = parts > 1 ? `, cut over ${parts} GPUs` : '';
  return {
    utilization: VISIBLE_SHARE * GPU_MEMORY_UTILIZATION,
    fixed: [
      {
        name: 'weights',
        bytes: bytes((model.parameters * number) / parts),
        source: `${model.parameters} parameters of ${number} bytes (${dtype})${cut}`,
      },
      { name: 'engine', bytes: OVERHEAD, source: 'base overhead of the estimator of KAITO v0.12.0' },
    ],
    perToken: [
      {
        name: 'key-value cache',
        bytes: bytes(2 * model.layers * kvHeads * model.headDim * number),
        source: `2 x layers x key-value heads x head size x bytes of a number${cut}`,
      },
    ],
    perTokenSquared: [],
    minimumContext: MINIMUM_CONTEXT,
  };
}
