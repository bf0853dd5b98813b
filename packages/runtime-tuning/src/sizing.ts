import { type MemoryDemand, type RuntimeNeed, tuningMemory } from '@kaito-sdk/core';
import { computeType } from './compute-type.js';
import { methodOf } from './method.js';

/** Longest sample of the templates, in tokens: a memory of some GiB, and longer than nearly all rows of chat data. */
export const LONGEST_SAMPLE = 2048;

/**
 * Memory of one GPU with the settings of the templates: rank 8, one sequence a step, gradient checkpointing. A ConfigMap of the user's may
 * say otherwise, and nobody has read it when the Plan is made: the Plan says so.
 */
export function tuningSizing({ preset, instance, workspace }: RuntimeNeed): MemoryDemand {
  const dtype = computeType(preset.model.dtype, instance.gpu.computeCapability ?? 0);
  return tuningMemory(preset.model, { method: methodOf(workspace), dtype, processes: instance.gpu.count });
}
