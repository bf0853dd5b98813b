import type { EngineFit, PlannedAdapters, RuntimeNeed } from '@kaito-sdk/core';
import { computeType } from '../gpu/dtype.js';
import { CHAT_MIDDLEWARE } from './chat-middleware.js';
import { loraArguments, loraSlots } from './lora.js';
import { tensorParallelSize } from './parallelism.js';
import { GPU_MEMORY_UTILIZATION } from './sizing.js';

/** vLLM's spelling of the computed types. */
const SPELLING = { float16: 'half', bfloat16: 'bfloat16', float32: 'float32' } as const;

export function vllmDtype({ preset, instance }: RuntimeNeed): string {
  return SPELLING[computeType(preset, instance.gpu.computeCapability ?? 0)];
}

/**
 * Everything that vLLM is told, in one order. What it would decide by itself from the machine is said here from the Plan.
 *
 * @param more `model`: folder of the pod that it lies in, in place of its name at the hub
 */
export function vllmArguments(
  need: RuntimeNeed,
  { contextLength }: EngineFit,
  port: number,
  { adapters, model }: { readonly adapters?: PlannedAdapters | undefined; readonly model?: string | undefined } = {},
): readonly string[] {
  const { preset, instance, pipeline = 1 } = need;
  const { repository, revision } = preset.weights;
  const flags: readonly (readonly [flag: string, value: string | undefined])[] = [
    ['--host', '0.0.0.0'],
    ['--port', String(port)],
    ['--served-model-name', preset.name],
    ['--revision', model === undefined ? revision : undefined],
    ['--dtype', vllmDtype(need)],
    ['--max-model-len', String(contextLength)],
    ['--gpu-memory-utilization', String(GPU_MEMORY_UTILIZATION)],
    ['--tensor-parallel-size', String(tensorParallelSize(preset.model, instance.gpu.count))],
    ['--pipeline-parallel-size', pipeline > 1 ? String(pipeline) : undefined],
    ['--distributed-executor-backend', pipeline > 1 ? 'ray' : undefined],
  ];
  return [
    model ?? repository,
    ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
    ...(adapters === undefined
      ? []
      : loraArguments(adapters, loraSlots(need.workspace, adapters.items.length, adapters.live ?? false))),
    '--middleware',
    CHAT_MIDDLEWARE,
  ];
}
