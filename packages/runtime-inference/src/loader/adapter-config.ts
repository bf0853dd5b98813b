import { LoaderError } from './loader-error.js';

/** What an adapter's configuration comes down to, when it is plain LoRA. */
export interface AdapterConfig {
  readonly rank: number;
  readonly alpha: number;
  /** Scaled by alpha / sqrt(rank) and not by alpha / rank. */
  readonly rankStabilized: boolean;
  /** As written: a name of a hub, a folder of the machine that trained it, or nothing. */
  readonly baseModel?: string;
}

/** Kinds of initialisation that leave the base model as it is, so that the adapter fits the published weights. */
const HARMLESS_INITS: ReadonlySet<unknown> = new Set([undefined, null, true, false, 'gaussian', 'eva', 'orthogonal']);

/**
 * Settings that change what the matrices mean, with the values at which they ask for nothing. What engines do with others is not
 * the same everywhere (vLLM 0.25 refuses some and ignores `rank_pattern`; weighing adapters in peft 0.11.1 ignores DoRA's magnitudes),
 * and a wrong answer would look like a right one.
 */
const MUST_BE_INERT: Readonly<Record<string, readonly unknown[]>> = {
  use_dora: [false],
  lora_bias: [false],
  bias: ['none'],
  fan_in_fan_out: [false],
  modules_to_save: [],
  rank_pattern: [],
  alpha_pattern: [],
  layer_replication: [],
  trainable_token_indices: [],
  target_parameters: [],
  megatron_config: [],
  loftq_config: [],
  alora_invocation_tokens: [],
  arrow_config: [],
  corda_config: [],
  kasa_config: [],
  lora_ga_config: [],
  monteclora_config: [],
  velora_config: [],
  use_qalora: [false],
  use_bdlora: [false],
};

/**
 * Settings of training that say nothing about the finished matrices, or that the matrices say themselves: which layers there are is read
 * from the file of tensors. Up to peft 0.21.2.
 */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'auto_mapping',
  'ensure_weight_tying',
  'eva_config',
  'exclude_modules',
  'inference_mode',
  'layers_pattern',
  'layers_to_transform',
  'lora_dropout',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'target_modules',
  'task_type',
]);

const READ: ReadonlySet<string> = new Set([
  'peft_type',
  'r',
  'lora_alpha',
  'use_rslora',
  'init_lora_weights',
  'base_model_name_or_path',
]);

/** Reads `adapter_config.json` of any peft up to 0.21.2. Refuses what would be served wrongly, and every key that it does not know. */
export function readAdapterConfig(text: string): AdapterConfig {
  const config = parsed(text);
  const type = config.peft_type ?? 'LORA';
  if (type !== 'LORA') {
    throw unsupported(`it is of the kind ${JSON.stringify(type)}, and only LoRA is served`);
  }
  for (const [key, value] of Object.entries(config)) {
    const inert = Object.hasOwn(MUST_BE_INERT, key) ? MUST_BE_INERT[key] : undefined;
    if (inert !== undefined) {
      if (!isUnset(value) && !inert.includes(value)) throw unsupported(`${key} is ${short(value)}`);
    } else if (!READ.has(key) && !WITHOUT_EFFECT.has(key) && !isUnset(value)) {
      throw unsupported(`${key} is not known (it is ${short(value)}), so nobody can say what it changes`);
    }
  }
  const { init_lora_weights: init, r, lora_alpha: alpha, use_rslora: stabilized = false } = config;
  if (!HARMLESS_INITS.has(init)) {
    throw unsupported(`init_lora_weights is ${short(init)}, with which training changed the base model's own weights`);
  }
  if (typeof r !== 'number' || !Number.isInteger(r) || r < 1)
    throw invalid(`r must be a whole number above 0, and is ${short(r)}`);
  if (typeof alpha !== 'number' || !Number.isFinite(alpha))
    throw invalid(`lora_alpha must be a number, and is ${short(alpha)}`);
  const base = config.base_model_name_or_path;
  return {
    rank: r,
    alpha,
    rankStabilized: stabilized === true,
    ...(typeof base === 'string' && base !== '' ? { baseModel: base } : {}),
  };
}

/**
 * A configuration that peft 0.11.1 (KAITO's images), today's peft and vLLM all read: an older one stops at keys that it does not know.
 *
 * @param targets the layers that have matrices
 */
export function writeAdapterConfig(
  { rank, alpha, rankStabilized }: AdapterConfig,
  baseModel: string,
  targets: readonly string[],
): string {
  const config = {
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: alpha,
    lora_dropout: 0,
    peft_type: 'LORA',
    r: rank,
    target_modules: [...targets].sort(),
    task_type: 'CAUSAL_LM',
    ...(rankStabilized ? { use_rslora: true } : {}),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The weight that `B x A` is multiplied with. */
export function scalingOf({ rank, alpha, rankStabilized }: AdapterConfig): number {
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function short(value: unknown): string {
  const text = shown(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A list in a list in a list, thousands of times, cannot be written out. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'missing';
  } catch {
    return 'nested too deeply to be shown';
  }
}

function unsupported(why: string): LoaderError {
  return new LoaderError(
    'ADAPTER_UNSUPPORTED',
    `adapter_config.json: ${why}. Train it as plain LoRA, or merge it into the model`,
  );
}

function invalid(why: string): LoaderError {
  return new LoaderError('ADAPTER_INVALID', `adapter_config.json cannot be used: ${why}. Push the adapter anew`);
}
