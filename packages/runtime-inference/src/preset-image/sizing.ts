import type { ModelArchitecture } from '@kaito-sdk/core';
import { adapterMemory, bytes, embeddingParameters, gib, type MemoryDemand, type RuntimeNeed } from '@kaito-sdk/core';
import { computeType } from '../gpu/dtype.js';
import { cacheBytesPerToken, numberBytes } from '../gpu/model-bytes.js';
import { VISIBLE_SHARE } from '../gpu/visible-memory.js';
import { MINIMUM_CONTEXT } from '../minimum-context.js';

/** CUDA context and allocator slack of one process. */
const PROCESS = gib(0.5);

/** Rank of adapters whose rank nobody told, as vllm counts them. */
const ADAPTER_RANK = 64;

/** Eager attention holds the scores of a layer in the computed type, in float32 for the softmax, and in the computed type again. */
const SCORE_COPIES = (number: number) => number + 4 + number;

/**
 * Memory of one GPU under transformers with eager attention, as the server of the 0.0.x images runs it: one request at a time, the
 * prompt in one piece. Over several GPUs the layers are dealt out (device_map auto), so weights and cache shrink with the number
 * of GPUs while the scores of a layer do not.
 */
export function presetImageSizing({ preset, instance, workspace }: RuntimeNeed): MemoryDemand {
  const { model } = preset;
  const dtype = computeType(preset, instance.gpu.computeCapability ?? 0);
  const number = numberBytes(dtype);
  const adapters = workspace.inference?.adapters?.length ?? 0;
  // Several are merged into one more before they are dropped.
  const held = adapters > 1 ? adapters + 1 : adapters;
  const share = Math.ceil(model.layers / instance.gpu.count) / model.layers;
  return {
    utilization: VISIBLE_SHARE,
    fixed: [
      {
        name: 'weights',
        bytes: bytes(weightsOnOneGpu(model, number, share)),
        source: `${model.parameters} parameters of ${number} bytes (${dtype})${share < 1 ? ', whole layers dealt over the GPUs' : ''}`,
      },
      { name: 'CUDA context', bytes: PROCESS, source: 'an allowance; not measured' },
      ...(adapters > 0 ? [adapterMemory(model, { rank: ADAPTER_RANK, count: held }, dtype)] : []),
    ],
    perToken: [
      {
        name: 'key-value cache',
        bytes: bytes(cacheBytesPerToken(model, dtype) * share),
        source: '2 x layers x key-value heads x head size x bytes of a number',
      },
      {
        name: 'logits',
        bytes: bytes(4 * model.vocabSize),
        source: 'float32 for the whole prompt: vocabulary x 4 bytes',
      },
    ],
    perTokenSquared: [
      {
        name: 'attention scores',
        bytes: bytes(model.attentionHeads * SCORE_COPIES(number)),
        source: `eager attention: heads x (${number} + 4 + ${number}) bytes for each pair of tokens, one layer at a time`,
      },
    ],
    minimumContext: MINIMUM_CONTEXT,
  };
}

/** The layers of the fullest GPU, and embedding and head, which lie whole on one GPU each; the sum is an upper bound for any. */
function weightsOnOneGpu(model: ModelArchitecture, number: number, share: number): number {
  const ends = embeddingParameters(model);
  return share === 1 ? model.parameters * number : (ends + (model.parameters - ends) * share) * number;
}
