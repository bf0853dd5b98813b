import type { Sampling } from '../engine/engine.js';
import { FieldReader } from './field-reader.js';
import { type Flaw, Problem } from './problem.js';

/** How much may be generated: counted alone, or together with the prompt as transformers' `max_length` does. */
export type LengthLimit =
  | { readonly kind: 'new'; readonly tokens: number }
  | { readonly kind: 'total'; readonly tokens: number };

/** A checked body of `POST /chat`. */
export interface ChatRequest {
  /** A model or adapter by name. Nothing means what the server takes for `/chat`. */
  readonly model: string | undefined;
  readonly prompt: string;
  readonly prefix: string;
  readonly returnFullText: boolean;
  readonly cleanUpTokenizationSpaces: boolean;
  /** Cut the beginning of a prompt that is too long, instead of refusing it. */
  readonly cutLongPrompt: boolean;
  readonly limit: LengthLimit;
  readonly minimum: LengthLimit;
  readonly sampling: Sampling;
  readonly repetitionPenalty: number;
  readonly stop: readonly string[];
  readonly endTokens: readonly number[];
}

/** New tokens when `generate_kwargs` does not say. KAITO's 200 counted the prompt, so that long questions got cut answers. */
export const DEFAULT_NEW_TOKENS = 256;

/** What KAITO's server sampled with when nothing was said; here only once the caller asks for sampling. */
const samplingDefaults = { temperature: 1, topK: 10, topP: 1 } as const;

/**
 * Arguments of transformers' `generate` that this engine cannot follow, with the values at which they ask for nothing. Such a value is
 * accepted, since clients send KAITO's defaults along; any other is refused, since ignoring it would give another answer than the one asked for.
 */
const inert: Readonly<Record<string, readonly unknown[]>> = {
  early_stopping: [false],
  num_beams: [1],
  num_beam_groups: [1],
  diversity_penalty: [0],
  typical_p: [1],
  length_penalty: [1],
  no_repeat_ngram_size: [0],
  encoder_no_repeat_ngram_size: [0],
  num_return_sequences: [1],
  output_scores: [false],
  return_dict_in_generate: [false],
  remove_invalid_values: [false],
  use_cache: [true],
  bad_words_ids: [],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
};

const honoured = [
  'max_new_tokens',
  'max_length',
  'min_new_tokens',
  'min_length',
  'do_sample',
  'temperature',
  'top_k',
  'top_p',
  'repetition_penalty',
  'eos_token_id',
  'stop_strings',
  // Nothing is padded when one request runs at a time, so any value is right.
  'pad_token_id',
];

/**
 * Checks the body of `POST /chat`.
 *
 * @throws Problem 400 when the prompt is missing or an argument cannot be followed, 422 with every flaw when fields have the wrong form.
 */
export function parseChatRequest(body: unknown): ChatRequest {
  const flaws: Flaw[] = [];
  const fields = FieldReader.of(body, flaws);
  const prompt = fields.text('prompt');
  const model = fields.text('model');
  const prefix = fields.text('prefix') ?? '';
  const returnFullText = fields.truth('return_full_text') ?? true;
  const cleanUpTokenizationSpaces = fields.truth('clean_up_tokenization_spaces') ?? false;
  const longGeneration = fields.text('handle_long_generation');
  if (!fields.absent('messages') && !Array.isArray(fields.raw('messages')))
    fields.flaw('messages', 'Input should be a valid list', 'list_type');
  const kwargs = fields.object('generate_kwargs') ?? new FieldReader({}, flaws);
  const generation = readGeneration(kwargs);
  if (flaws.length > 0) throw Problem.malformed(flaws);

  if (prompt === undefined || prompt === '')
    throw new Problem(400, 'Text generation parameter prompt required', { code: 'missing_prompt', param: 'prompt' });
  if (longGeneration !== undefined && longGeneration !== 'hole')
    throw Problem.unsupported(
      'handle_long_generation',
      `${JSON.stringify(longGeneration)} is not known; the one value is "hole"`,
    );
  refuseUnknown(kwargs);
  return {
    model,
    prompt,
    prefix,
    returnFullText,
    cleanUpTokenizationSpaces,
    cutLongPrompt: longGeneration === 'hole',
    ...generation,
  };
}

function readGeneration(kwargs: FieldReader) {
  const maxNew = kwargs.integer('max_new_tokens', { min: 1 });
  const maxLength = kwargs.integer('max_length', { min: 1 });
  const minNew = kwargs.integer('min_new_tokens', { min: 0 });
  const minLength = kwargs.integer('min_length', { min: 0 });
  const doSample = kwargs.truth('do_sample');
  const temperature = kwargs.number('temperature', { min: 0 });
  const topK = kwargs.integer('top_k', { min: 0 });
  const topP = kwargs.number('top_p', { above: 0, max: 1 });
  const wanted = doSample ?? [temperature, topK, topP].some((value) => value !== undefined);
  const heat = temperature ?? samplingDefaults.temperature;
  const sampling: Sampling =
    wanted && heat > 0
      ? { kind: 'random', temperature: heat, topK: topK ?? samplingDefaults.topK, topP: topP ?? samplingDefaults.topP }
      : { kind: 'greedy' };
  // As in transformers, new tokens win over the total length where both are given.
  const limit: LengthLimit =
    maxNew === undefined && maxLength !== undefined
      ? { kind: 'total', tokens: maxLength }
      : { kind: 'new', tokens: maxNew ?? DEFAULT_NEW_TOKENS };
  const minimum: LengthLimit =
    minNew === undefined && minLength !== undefined
      ? { kind: 'total', tokens: minLength }
      : { kind: 'new', tokens: minNew ?? 0 };
  return {
    limit,
    minimum,
    sampling,
    repetitionPenalty: kwargs.number('repetition_penalty', { above: 0 }) ?? 1,
    stop: kwargs.texts('stop_strings') ?? [],
    endTokens: kwargs.integers('eos_token_id') ?? [],
  };
}

function refuseUnknown(kwargs: FieldReader): void {
  for (const key of kwargs.keys()) {
    if (honoured.includes(key)) continue;
    const harmless = inert[key];
    if (harmless?.includes(kwargs.raw(key))) continue;
    throw Problem.unsupported(
      `generate_kwargs.${key}`,
      harmless
        ? `this engine cannot follow it; leave it out${harmless.length > 0 ? `, or give ${JSON.stringify(harmless[0])}` : ''}`
        : `not known to this engine; it follows ${honoured.join(', ')}`,
    );
  }
}
