import type { ModelArchitecture } from '../plugin/preset-pack.js';
import { bytes } from './bytes.js';
import { embeddingParameters, type NumberType, numberBytes } from './model-memory.js';
import { record } from './workspace-fields.js';

/** What a model's own `config.json` tells about its memory. */
export interface ArchitectureFound {
  readonly found: true;
  readonly model: ModelArchitecture;
  /** What the file did not say and was assumed, one sentence each; for the Plan's `unverified`. */
  readonly assumed: readonly string[];
}

/** Why a `config.json` cannot be sized. */
export interface ArchitectureUnknown {
  readonly found: false;
  readonly problem: string;
}

export interface ConfigFacts {
  /** Size of all weight files together, where it is known: better than any formula. */
  readonly weightBytes?: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the text of a `config.json` as published: Python writes `Infinity` and `NaN`, which JSON does not know. */
export function parseModelConfig(text: string): unknown {
  return JSON.parse(text.replace(/(?<=[:[,]\s*)-?(?:Infinity|NaN)(?=\s*[,\]}])/g, 'null'));
}

/**
 * The numbers that memory depends on, from the `config.json` of any decoder of the usual build. Names of keys differ between families;
 * the ones known are those that KAITO v0.12.0 knows, and a few more. Never throws.
 */
export function architectureFromConfig(
  config: unknown,
  facts: ConfigFacts = {},
): ArchitectureFound | ArchitectureUnknown {
  const whole = record(config);
  if (!whole) return { found: false, problem: 'it is not an object' };
  // A model of several parts keeps the numbers of its language model in one of them.
  const fields: Fields = { ...record(whole.llm_config), ...record(whole.text_config), ...defined(whole) };
  const assumed: string[] = [];
  const assume = <T>(value: T | undefined, otherwise: T, words: string): T => {
    if (value !== undefined) return value;
    assumed.push(words);
    return otherwise;
  };
  const layers = count(fields, 'num_hidden_layers', 'n_layer', 'n_layers');
  const hiddenSize = count(fields, 'hidden_size', 'n_embd', 'd_model', 'dim');
  const attentionHeads = count(fields, 'num_attention_heads', 'n_head', 'n_heads');
  const vocabSize = count(fields, 'vocab_size', 'n_vocab', 'padded_vocab_size');
  for (const [name, value] of Object.entries({
    num_hidden_layers: layers,
    hidden_size: hiddenSize,
    num_attention_heads: attentionHeads,
    vocab_size: vocabSize,
  })) {
    if (value === undefined) return { found: false, problem: `it does not say ${name}, under any of its names` };
  }
  const [l, h, a, v] = [layers ?? 1, hiddenSize ?? 1, attentionHeads ?? 1, vocabSize ?? 1];
  const experts = expertsOf(fields);
  const kvHeads =
    count(fields, 'num_key_value_heads', 'n_head_kv', 'n_kv_heads') ?? (fields.multi_query === true ? 1 : a);
  if (a % kvHeads !== 0) {
    return { found: false, problem: `${a} attention heads cannot share ${kvHeads} key-value heads evenly` };
  }
  const quantization = quantizationOf(fields);
  const width = count(fields, 'intermediate_size', 'n_inner', 'ffn_dim', 'ffn_hidden_size', 'hidden_dim');
  const expertWidth = experts && count(fields, 'moe_intermediate_size');
  const latent = latentOf(fields);
  const draft: Omit<ModelArchitecture, 'parameters'> = {
    architecture: assume(firstText(fields.architectures), 'unknown', 'the architecture has no name'),
    layers: l,
    hiddenSize: h,
    intermediateSize: assume(expertWidth ?? width, 4 * h, `the feed-forward width is taken as 4 x ${h}`),
    attentionHeads: a,
    kvHeads,
    headDim: count(fields, 'head_dim', 'attention_head_dim') ?? Math.floor(h / a),
    vocabSize: v,
    contextLength: assume(
      count(
        fields,
        'max_position_embeddings',
        'n_ctx',
        'seq_length',
        'max_seq_len',
        'max_sequence_length',
        'model_max_length',
      ),
      2048,
      'the context is taken as 2048 tokens, as KAITO v0.12.0 does',
    ),
    dtype: assume(dtypeOf(fields), 'bfloat16', 'the type of the weights is taken as bfloat16'),
    ...(latent === undefined ? {} : { latentCacheWidth: latent }),
    ...slidingOf(fields),
    ...ropeOf(fields),
    ...(experts ? { experts } : {}),
    ...(fields.tie_word_embeddings === true ? { tiedEmbeddings: true } : {}),
    ...(record(fields.auto_map) ? { remoteCode: true } : {}),
    ...(quantization ? { quantization } : {}),
    ...(quantization && facts.weightBytes !== undefined ? { weightBytes: bytes(facts.weightBytes) } : {}),
  };
  if (facts.weightBytes !== undefined && !quantization) {
    return {
      found: true,
      model: { ...draft, parameters: Math.max(1, Math.round(facts.weightBytes / numberBytes(draft.dtype))) },
      assumed,
    };
  }
  assumed.push('the number of parameters is computed from the dimensions');
  return { found: true, model: { ...draft, parameters: estimated(draft, fields) }, assumed };
}

/** Parameters of a decoder with these dimensions: attention, feed-forward, norms, embedding and head. Without biases, which are few. */
function estimated(draft: Omit<ModelArchitecture, 'parameters'>, fields: Fields): number {
  const { hiddenSize: h, attentionHeads, kvHeads, headDim, intermediateSize, layers, experts } = draft;
  const attention = h * (attentionHeads + 2 * kvHeads) * headDim + attentionHeads * headDim * h;
  const plain = ['gelu', 'gelu_new', 'gelu_fast', 'relu'].includes(
    String(fields.hidden_act ?? fields.activation_function),
  );
  const feedForward = (plain ? 2 : 3) * h * intermediateSize;
  const shared = 3 * h * (count(fields, 'shared_expert_intermediate_size') ?? 0);
  const mixed = experts ? experts.count * (feedForward + h) + shared : feedForward;
  const ends = embeddingParameters({ ...draft, parameters: 1 });
  return layers * (attention + mixed + 2 * h) + ends + h;
}

function count(fields: Fields, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return undefined;
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function firstText(value: unknown): string | undefined {
  const first = Array.isArray(value) ? (value[0] as unknown) : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

function dtypeOf(fields: Fields): NumberType | undefined {
  const named = String(fields.dtype ?? fields.torch_dtype ?? '').replace(/^torch\./, '');
  return (['bfloat16', 'float16', 'float32'] as const).find((one) => one === named);
}

function expertsOf(fields: Fields): ModelArchitecture['experts'] {
  const all = count(fields, 'num_local_experts', 'num_experts', 'n_routed_experts');
  if (all === undefined || all < 2) return undefined;
  return { count: all, perToken: Math.min(all, count(fields, 'num_experts_per_tok', 'num_experts_per_token') ?? 2) };
}

/** Latent attention caches one vector and the rotated part of the keys, whatever the number of heads. */
function latentOf(fields: Fields): number | undefined {
  const rank = count(fields, 'kv_lora_rank');
  return rank === undefined ? undefined : rank + (count(fields, 'qk_rope_head_dim') ?? 0);
}

function slidingOf(fields: Fields): Pick<ModelArchitecture, 'slidingWindow' | 'slidingWindowLayers'> {
  const slidingWindow = count(fields, 'sliding_window');
  if (slidingWindow === undefined || fields.use_sliding_window === false) return {};
  if (!Array.isArray(fields.layer_types)) return { slidingWindow };
  return {
    slidingWindow,
    slidingWindowLayers: fields.layer_types.filter((type) => type === 'sliding_attention').length,
  };
}

function ropeOf(fields: Fields): Pick<ModelArchitecture, 'rope'> {
  const scaling = record(fields.rope_parameters) ?? record(fields.rope_scaling) ?? {};
  const type = scaling.rope_type ?? scaling.type;
  if (type !== 'longrope' && type !== 'su') return {};
  const originalContext =
    count(fields, 'original_max_position_embeddings') ?? count(scaling, 'original_max_position_embeddings') ?? 4096;
  return { rope: { type: 'longrope', originalContext } };
}

function quantizationOf(fields: Fields): ModelArchitecture['quantization'] {
  const config = record(fields.quantization_config);
  if (!config) return undefined;
  const method = firstText(config.quant_method) ?? 'unknown';
  const bits = count(config, 'bits', 'w_bit') ?? (config.load_in_4bit === true || /4/.test(method) ? 4 : 8);
  return { method, bits };
}
