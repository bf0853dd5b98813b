import {
  adapterMemory,
  bytes,
  cacheBytesPerLayer,
  gib,
  layersOnOneGpu,
  type MemoryDemand,
  type MemoryPart,
  type ModelArchitecture,
  type NumberType,
  numberBytes,
  type RuntimeNeed,
  slidingLayers,
  weightBytesOnOneGpu,
  weightSource,
} from '@kaito-sdk/core';
import { computeType } from '../gpu/dtype.js';
import { VISIBLE_SHARE } from '../gpu/visible-memory.js';
import { MINIMUM_CONTEXT } from '../minimum-context.js';
import { loraSlots, maxLoraRank } from './lora.js';
import { tensorParallelSize } from './parallelism.js';

/** What the engine is told to use of the memory that it sees; vLLM's own default. */
export const GPU_MEMORY_UTILIZATION = 0.9;

/** Activations, CUDA graphs and context of one GPU. KAITO v0.12.0's estimator reserves as much. */
const OVERHEAD = gib(2.3);

/** Tokens that one step may compute at the most (vLLM's `max_num_batched_tokens`): a window's cache holds them beside the window. */
const BATCHED_TOKENS = 8192;

/**
 * Memory of one GPU under vLLM: weights and cache are cut over the GPUs of the machine, attention is paged and needs no scores of
 * the whole prompt. The cache is that of one sequence at full length; several shorter ones share it. Layers that are known to keep
 * to a sliding window stop growing there; a model that states a window, and not which layers keep to it, is counted in full.
 */
export function vllmSizing(need: RuntimeNeed, live = false): MemoryDemand {
  const { preset, instance, workspace, pipeline = 1 } = need;
  const { model } = preset;
  const dtype = computeType(preset, instance.gpu.computeCapability ?? 0);
  const parts = tensorParallelSize(model, instance.gpu.count);
  const split = { tensor: parts, pipeline };
  const share = layersOnOneGpu(model, split) / model.layers;
  const cut = [
    ...(parts > 1 ? [`cut over ${parts} GPUs`] : []),
    ...(pipeline > 1 ? [`layers dealt over ${pipeline} nodes`] : []),
  ];
  const note = cut.map((words) => `, ${words}`).join('');
  const adapters = workspace.inference?.adapters?.length ?? 0;
  return {
    utilization: VISIBLE_SHARE * GPU_MEMORY_UTILIZATION,
    fixed: [
      {
        name: 'weights',
        bytes: weightBytesOnOneGpu(model, dtype, split),
        source: `${weightSource(model, dtype)}${note}`,
      },
      { name: 'engine', bytes: OVERHEAD, source: 'base overhead of the estimator of KAITO v0.12.0' },
      ...(adapters > 0
        ? [
            adapterMemory(
              model,
              { rank: maxLoraRank(need, adapters), count: loraSlots(workspace, adapters, live) },
              dtype,
            ),
          ]
        : []),
      ...ropeTables(model, dtype),
    ],
    perToken: caches(model, dtype, parts, share, note),
    perTokenSquared: [],
    minimumContext: MINIMUM_CONTEXT,
    shared: true,
    tensorParallel: parts,
  };
}

function caches(
  model: ModelArchitecture,
  dtype: NumberType,
  parts: number,
  share: number,
  note: string,
): readonly MemoryPart[] {
  const kvHeads = Math.max(1, model.kvHeads / parts);
  const layer = cacheBytesPerLayer({ ...model, kvHeads }, dtype);
  const sliding = slidingLayers(model);
  const source = `2 x layers x key-value heads x head size x bytes of a number${note}`;
  const full = { name: 'key-value cache', bytes: bytes(layer * (model.layers - sliding) * share), source };
  if (sliding === 0 || model.slidingWindow === undefined) return [full];
  const window = {
    name: 'key-value cache of the sliding layers',
    bytes: bytes(layer * sliding * share),
    source: `${sliding} of ${model.layers} layers look back ${model.slidingWindow} tokens, and a step computes ${BATCHED_TOKENS}`,
    upTo: model.slidingWindow + BATCHED_TOKENS,
  };
  return sliding === model.layers ? [window] : [full, window];
}

/** Sines and cosines for the positions of both ranges: longrope keeps two tables, one of them as long as the whole context. */
function ropeTables(model: ModelArchitecture, dtype: NumberType): readonly MemoryPart[] {
  if (model.rope === undefined) return [];
  const positions = model.rope.originalContext + model.contextLength;
  const source = `(${model.rope.originalContext} + ${model.contextLength}) positions x head size x bytes of a number`;
  return [{ name: 'longrope tables', bytes: bytes(positions * model.headDim * numberBytes(dtype)), source }];
}
