import type { ChatMessage, GenerateOptions, Prompt, Sampling } from '../engine/engine.js';
import { FieldReader } from './field-reader.js';
import { type Flaw, Problem } from './problem.js';

/** What the two completion paths have in common, checked. */
export interface OpenAiRequest {
  readonly prompt: Prompt;
  /** The field that holds the prompt, for messages about it. */
  readonly promptField: 'messages' | 'prompt';
  readonly model: string | undefined;
  readonly stream: boolean;
  /** With `stream`: a last event with the token counts. */
  readonly includeUsage: boolean;
  /** Only for text completions: the answer begins with the prompt. */
  readonly echo: boolean;
  readonly stop: readonly string[];
  readonly options: Omit<GenerateOptions, 'maxTokens'>;
  /** Nothing means as many as fit. */
  readonly maxTokens: number | undefined;
}

/** OpenAI's own default for text completions. */
const TEXT_COMPLETION_TOKENS = 16;
const MAX_STOPS = 16;

/**
 * Fields that would change the answer and that this engine cannot follow, with the values at which they ask for nothing. Other fields that
 * are not known are ignored, as vLLM does: client libraries send many that concern other servers.
 */
const inert: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  best_of: (value) => value === 1,
  logprobs: (value) => value === false || value === 0,
  top_logprobs: (value) => value === 0,
  logit_bias: (value) => typeof value === 'object' && Object.keys(value ?? {}).length === 0,
  tools: (value) => Array.isArray(value) && value.length === 0,
  tool_choice: (value) => value === 'none' || value === 'auto',
  functions: (value) => Array.isArray(value) && value.length === 0,
  response_format: (value) => (value as { type?: unknown }).type === 'text',
  suffix: (value) => value === '',
};

/** Checks the body of `POST /v1/chat/completions`. @throws Problem that names the field. */
export function parseChatCompletion(body: unknown): OpenAiRequest {
  return parse(body, 'messages', (fields) => ({ kind: 'messages', messages: readMessages(fields) }));
}

/** Checks the body of `POST /v1/completions`. @throws Problem that names the field. */
export function parseTextCompletion(body: unknown): OpenAiRequest {
  return parse(body, 'prompt', readTextPrompt);
}

function parse(
  body: unknown,
  promptField: OpenAiRequest['promptField'],
  readPrompt: (fields: FieldReader) => Prompt,
): OpenAiRequest {
  const flaws: Flaw[] = [];
  const fields = FieldReader.of(body, flaws);
  const prompt = readPrompt(fields);
  const stop = fields.texts('stop') ?? [];
  if (stop.length > MAX_STOPS) fields.flaw('stop', `List should have at most ${MAX_STOPS} items`, 'too_long');
  if (stop.includes('')) fields.flaw('stop', 'String should have at least 1 character', 'string_too_short');
  const maxTokens =
    fields.integer('max_completion_tokens', { min: 1 }) ??
    fields.integer('max_tokens', { min: 1 }) ??
    (promptField === 'prompt' ? TEXT_COMPLETION_TOKENS : undefined);
  const request: OpenAiRequest = {
    prompt,
    promptField,
    model: fields.text('model'),
    stream: fields.truth('stream') ?? false,
    includeUsage: fields.object('stream_options')?.truth('include_usage') ?? false,
    echo: (promptField === 'prompt' && fields.truth('echo')) || false,
    stop,
    maxTokens,
    options: {
      sampling: readSampling(fields),
      minTokens: fields.integer('min_tokens', { min: 0 }) ?? 0,
      repetitionPenalty: fields.number('repetition_penalty', { above: 0 }) ?? 1,
      frequencyPenalty: fields.number('frequency_penalty', { min: -2, max: 2 }) ?? 0,
      presencePenalty: fields.number('presence_penalty', { min: -2, max: 2 }) ?? 0,
    },
  };
  if (flaws.length > 0) throw Problem.malformed(flaws);
  for (const key of fields.keys()) {
    if (inert[key]?.(fields.raw(key)) === false)
      throw Problem.unsupported(key, 'this engine cannot follow it; leave it out');
  }
  return request;
}

/** Greedy unless a temperature is given: a demonstration should answer the same question in the same way. */
function readSampling(fields: FieldReader): Sampling {
  const temperature = fields.number('temperature', { min: 0, max: 2 }) ?? 0;
  const topP = fields.number('top_p', { above: 0, max: 1 }) ?? 1;
  const topK = fields.integer('top_k', { min: -1 }) ?? 0;
  const seed = fields.integer('seed');
  if (temperature === 0) return { kind: 'greedy' };
  // The engine takes a seed of 32 bits.
  return {
    kind: 'random',
    temperature,
    topP,
    topK: Math.max(0, topK),
    ...(seed === undefined ? {} : { seed: seed >>> 0 }),
  };
}

const roles: Readonly<Record<string, ChatMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};

function readMessages(fields: FieldReader): readonly ChatMessage[] {
  const list = fields.raw('messages');
  if (!Array.isArray(list) || list.length === 0) {
    fields.flaw('messages', 'Field required: a list with at least one message', 'missing');
    return [];
  }
  return list.flatMap((item, index) => readMessage(item, fields.flaws, index));
}

function readMessage(item: unknown, flaws: Flaw[], index: number): readonly ChatMessage[] {
  const message = FieldReader.of(item, flaws, ['messages', index]);
  const name = message.text('role');
  const role = name === undefined ? undefined : roles[name];
  const content = readContent(message);
  if (role === undefined)
    message.flaw('role', `Input should be one of ${Object.keys(roles).join(', ')}`, 'literal_error');
  return role === undefined || content === undefined ? [] : [{ role, content }];
}

/** Content is a text, or a list of parts of which only texts can be read here. */
function readContent(message: FieldReader): string | undefined {
  const content = message.raw('content');
  if (typeof content === 'string') return content;
  if (!Array.isArray(content))
    return message.flaw('content', 'Input should be a string or a list of text parts', 'string_type');
  const texts = content.map((part: unknown) => {
    const { type, text } = (part ?? {}) as { readonly type?: unknown; readonly text?: unknown };
    return type === 'text' && typeof text === 'string' ? text : undefined;
  });
  return texts.some((text) => text === undefined)
    ? message.flaw('content', 'Only parts of type text are understood', 'literal_error')
    : texts.join('');
}

function readTextPrompt(fields: FieldReader): Prompt {
  const prompt = fields.raw('prompt');
  if (typeof prompt === 'string' && prompt !== '') return { kind: 'text', text: prompt };
  if (Array.isArray(prompt) && prompt.length === 1 && typeof prompt[0] === 'string' && prompt[0] !== '')
    return { kind: 'text', text: prompt[0] };
  if (Array.isArray(prompt) && prompt.length > 0 && prompt.every((token) => Number.isSafeInteger(token) && token >= 0))
    return { kind: 'tokens', tokens: prompt as number[] };
  fields.flaw(
    'prompt',
    'Field required: a text that is not empty, or a list of tokens; one prompt a request',
    'missing',
  );
  return { kind: 'text', text: '' };
}
