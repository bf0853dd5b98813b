import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerStart } from './image-program.js';
import { mountedPath } from './mounted-path.js';
import type { StandInAdapter } from './tiny-model-process.js';

/** vLLM's own defaults. */
const DEFAULT_MAX_RANK = 16;
const DEFAULT_MAX_LORAS = 1;

/** What vLLM makes of its arguments about adapters. */
export type LoraModules =
  | {
      readonly kind: 'read';
      readonly adapters: readonly StandInAdapter[];
      readonly maxRank: number;
      /** Adapters at hand at once. */
      readonly slots: number;
      /** The paths by which adapters come and go are served. */
      readonly routes: boolean;
    }
  | { readonly kind: 'exits'; readonly message: string; readonly code: number };

/**
 * Reads `--enable-lora`, `--lora-modules`, `--max-lora-rank` and VLLM_ALLOW_RUNTIME_LORA_UPDATING, in the words of vLLM 0.32 where
 * something is wrong.
 */
export function readLoraModules(
  container: ContainerStart,
  values: ReadonlyMap<string, readonly string[]>,
  servedModelName: string,
): LoraModules {
  const enabled = values.get('--enable-lora')?.at(-1) === 'true';
  const maxRank = Number(values.get('--max-lora-rank')?.at(-1) ?? DEFAULT_MAX_RANK);
  const batch = Number(values.get('--max-loras')?.at(-1) ?? DEFAULT_MAX_LORAS);
  const slots = Number(values.get('--max-cpu-loras')?.at(-1) ?? batch);
  if (enabled && batch < 1)
    return raises(
      `1 validation error for LoRAConfig\nmax_loras\n  Input should be greater than or equal to 1 [type=greater_than_equal, input_value=${batch}, input_type=int]`,
    );
  if (enabled && slots < batch) return raises(`max_cpu_loras (${slots}) must be >= max_loras (${batch}).`);
  const adapters: StandInAdapter[] = [];
  for (const item of values.get('--lora-modules') ?? []) {
    const module = readModule(item);
    if (typeof module === 'string') return { kind: 'exits', message: `vllm serve: error: ${module}`, code: 2 };
    const { name, path } = module;
    if (!enabled) return raises('LoRA is not enabled. Use --enable-lora to enable LoRA.');
    if (name === servedModelName) return raises(`The lora adapter '${name}' conflicts with a served base model.`);
    if (adapters.some((adapter) => adapter.name === name))
      return raises(
        `The lora adapter '${name}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
      );
    const here = mountedPath(container, path);
    if (here === undefined || !existsSync(join(here, 'adapter_config.json')))
      return raises(`Loading lora ${name} failed: No adapter found for ${path}`);
    const rank = rankOf(join(here, 'adapter_config.json'));
    if (rank !== undefined && rank > maxRank)
      return raises(`LoRA rank ${rank} is greater than max_lora_rank ${maxRank}.`);
    adapters.push({ name, path: here, strength: 1 });
  }
  return {
    kind: 'read',
    adapters,
    maxRank,
    slots,
    routes: enabled && /^(1|true)$/i.test(container.env.VLLM_ALLOW_RUNTIME_LORA_UPDATING ?? ''),
  };
}

/** Nothing when it cannot be read: the server that is started reads it again, and says what is wrong. */
function rankOf(file: string): number | undefined {
  try {
    const { r } = JSON.parse(readFileSync(file, 'utf8')) as { readonly r?: unknown };
    return typeof r === 'number' ? r : undefined;
  } catch {
    return undefined;
  }
}

/** `NAME=PATH`, or an object of JSON. A text is what argparse says about anything else. */
function readModule(item: string): { readonly name: string; readonly path: string } | string {
  const at = item.indexOf('=');
  if (at >= 0 && !item.includes(',')) return { name: item.slice(0, at), path: item.slice(at + 1) };
  try {
    const value = JSON.parse(item) as { readonly name?: unknown; readonly path?: unknown };
    if (typeof value.name === 'string' && typeof value.path === 'string') return { name: value.name, path: value.path };
    return `Invalid fields for --lora-modules: ${item}`;
  } catch {
    return `Invalid JSON format for --lora-modules: ${item}`;
  }
}

function raises(message: string): LoraModules {
  return { kind: 'exits', message: `Traceback (most recent call last):\nValueError: ${message}`, code: 1 };
}
