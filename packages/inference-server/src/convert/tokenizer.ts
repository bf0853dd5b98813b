import { ConversionError } from './conversion-error.js';
import type { GgufValue } from './gguf.js';
import { JsonObject } from './json-object.js';

/** What a model file says about token ids; the tokenizer's own file does not hold it. */
export interface TokenizerFacts {
  /** Rows of the embedding, at least as many as there are tokens. */
  readonly vocabulary: number;
  readonly bos: number;
  readonly pad: number;
  /** Every token that ends an answer, from generation_config.json. */
  readonly ends: readonly number[];
  readonly chatTemplate: string | undefined;
}

const NORMAL = 1;
const CONTROL = 3;
const UNUSED = 5;

/**
 * The GGUF metadata of a byte-level BPE tokenizer with GPT-2's pre-tokenizer, from the text of `tokenizer.json`.
 *
 * @throws ConversionError for every other kind. llama.cpp decides by the name of the pre-tokenizer how it splits text, and a wrong name
 * gives a model that answers a little worse without any message.
 */
export function tokenizerMetadata(text: string, facts: TokenizerFacts): Record<string, GgufValue> {
  const file = JsonObject.parse(text, 'tokenizer.json');
  const model = file.object('model');
  if (model.get('type') !== 'BPE')
    throw new ConversionError(`tokenizer.json: model type ${String(model.get('type'))} is not known; only BPE is`);
  const splitter = file.object('pre_tokenizer');
  if (
    splitter.get('type') !== 'ByteLevel' ||
    splitter.get('use_regex') === false ||
    splitter.get('add_prefix_space') === true
  )
    throw new ConversionError(
      'tokenizer.json: the pre-tokenizer must be ByteLevel with its own pattern and without a prefix space',
    );
  if (!file.isUnset('normalizer')) throw new ConversionError('tokenizer.json: a normalizer is not supported');

  const tokens = Array.from({ length: facts.vocabulary }, (_, id) => `[PAD${id}]`);
  const types = tokens.map(() => UNUSED);
  const place = (token: string, id: number, type: number) => {
    if (id >= facts.vocabulary)
      throw new ConversionError(`tokenizer.json: token ${id} is outside the vocabulary of ${facts.vocabulary}`);
    tokens[id] = token;
    types[id] = type;
  };
  const vocabulary = model.object('vocab');
  for (const token of vocabulary.keys()) place(token, vocabulary.number(token), NORMAL);
  for (const [index, entry] of (file.get('added_tokens') === undefined ? [] : file.list('added_tokens')).entries()) {
    const added = JsonObject.of(entry, `tokenizer.json: added_tokens[${index}]`);
    place(added.string('content'), added.number('id'), added.get('special') === true ? CONTROL : NORMAL);
  }

  const [end = facts.bos, endOfTurn] = [...facts.ends].sort(
    (a, b) => Number(b === facts.bos) - Number(a === facts.bos),
  );
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'gpt-2' },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', value: types },
    'tokenizer.ggml.merges': { type: 'strings', value: model.list('merges').map(mergeText) },
    'tokenizer.ggml.bos_token_id': { type: 'uint32', value: facts.bos },
    'tokenizer.ggml.eos_token_id': { type: 'uint32', value: end },
    ...(endOfTurn === undefined
      ? {}
      : { 'tokenizer.ggml.eot_token_id': { type: 'uint32', value: endOfTurn } as const }),
    'tokenizer.ggml.padding_token_id': { type: 'uint32', value: facts.pad },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    ...(facts.chatTemplate === undefined
      ? {}
      : { 'tokenizer.chat_template': { type: 'string', value: facts.chatTemplate } as const }),
  };
}

/** Older files write a merge as "a b", newer ones as ["a", "b"]. */
function mergeText(merge: unknown): string {
  if (typeof merge === 'string') return merge;
  if (Array.isArray(merge) && merge.length === 2) return merge.join(' ');
  throw new ConversionError(`tokenizer.json: a merge must be a pair, got ${JSON.stringify(merge)}`);
}
