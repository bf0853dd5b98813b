import type { InstanceType, ModelArchitecture, Notice } from '@kaito-sdk/core';

/** vLLM pads the vocabulary to a multiple of this before it cuts embedding and head. */
const VOCABULARY_PADDING = 64;

/**
 * Over how many GPUs of one machine the model is cut (tensor parallelism): as many as there are, if they divide what must be
 * divided: heads, feed-forward and the padded vocabulary. Key-value heads may also be fewer than GPUs, as long as each is then kept by
 * a whole number of them.
 */
export function tensorParallelSize(model: ModelArchitecture, gpus: number): number {
  const vocabulary = Math.ceil(model.vocabSize / VOCABULARY_PADDING) * VOCABULARY_PADDING;
  const divides = (size: number) =>
    vocabulary % size === 0 &&
    model.attentionHeads % size === 0 &&
    model.intermediateSize % size === 0 &&
    (model.kvHeads % size === 0 || size % model.kvHeads === 0);
  for (let size = gpus; size > 1; size--) if (divides(size)) return size;
  return 1;
}

/** GPUs that are paid for and would not be used. */
export function idleGpuWarnings(model: ModelArchitecture, instance: InstanceType): readonly Notice[] {
  const used = tensorParallelSize(model, instance.gpu.count);
  if (used === instance.gpu.count) return [];
  const message = `${instance.gpu.count - used} of the ${instance.gpu.count} GPUs of ${instance.name} stay idle: ${model.attentionHeads} attention heads, ${model.kvHeads} key-value heads and a vocabulary of ${model.vocabSize} can be cut over ${used} of them and not over all.`;
  return [{ code: 'GpusIdle', message }];
}
