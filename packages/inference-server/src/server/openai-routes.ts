import type { Clock } from '../clock.js';
import type { Completion, CompletionEnd, Completions } from './completions.js';
import type { Call, Reply, Route } from './exchange.js';
import { type OpenAiRequest, parseChatCompletion, parseTextCompletion } from './openai-request.js';

/** How the two completion paths name things. */
interface Dialect {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  choice(text: string): Readonly<Record<string, unknown>>;
  delta(text: string, first: boolean): Readonly<Record<string, unknown>>;
}

const chatDialect: Dialect = {
  idPrefix: 'chatcmpl-',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  choice: (text) => ({ message: { role: 'assistant', content: text, refusal: null } }),
  delta: (text, first) => ({
    delta: { ...(first ? { role: 'assistant' } : {}), ...(text === '' && !first ? {} : { content: text }) },
  }),
};

const textDialect: Dialect = {
  idPrefix: 'cmpl-',
  object: 'text_completion',
  chunkObject: 'text_completion',
  choice: (text) => ({ text }),
  delta: (text) => ({ text }),
};

/** The paths of OpenAI's API that this server has. */
export function openAiRoutes(completions: Completions, clock: Clock, newId: () => string): readonly Route[] {
  const seconds = () => Math.floor(clock.now() / 1000);
  const loadedAt = seconds();
  const answer = async (call: Call, parse: (body: unknown) => OpenAiRequest, dialect: Dialect): Promise<Reply> => {
    const request = parse(await call.body());
    const model = completions.named(request.model);
    const tokens = completions.tokens(request.prompt, request.promptField);
    const options = {
      ...request.options,
      maxTokens: request.maxTokens ?? Number.MAX_SAFE_INTEGER,
      ...(model.adapterOf === undefined ? {} : { adapters: [model.name] }),
    };
    const head = { id: dialect.idPrefix + newId(), created: seconds(), model: model.name };
    const echoed = request.echo && request.prompt.kind === 'text' ? request.prompt.text : '';
    if (!request.stream) {
      const completion = await completions.whole(tokens, options, request.stop, call.signal);
      return { kind: 'json', body: wholeBody(dialect, head, echoed, completion, tokens.length) };
    }
    const pieces = completions.stream(tokens, options, request.stop, call.signal);
    // The first step is taken before the headers are sent, so that a full queue is still a 429.
    const first = await pieces.next();
    return { kind: 'events', events: chunks(dialect, head, echoed, first, pieces, request, tokens.length) };
  };
  return [
    { method: 'POST', path: '/v1/chat/completions', handle: (call) => answer(call, parseChatCompletion, chatDialect) },
    { method: 'POST', path: '/v1/completions', handle: (call) => answer(call, parseTextCompletion, textDialect) },
    {
      method: 'GET',
      path: '/v1/models',
      handle: async () => {
        const data = completions.models().map(({ name, contextLength, adapterOf, root }) => ({
          id: name,
          object: 'model',
          created: loadedAt,
          owned_by: 'kaito-sdk',
          max_model_len: contextLength,
          // As vLLM lists an adapter.
          ...(adapterOf === undefined ? {} : { parent: adapterOf, root }),
        }));
        return { kind: 'json', body: { object: 'list', data } };
      },
    },
  ];
}

interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

function usage(promptTokens: number, { completionTokens }: CompletionEnd) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function wholeBody(
  dialect: Dialect,
  head: Head,
  echoed: string,
  completion: Completion,
  promptTokens: number,
): unknown {
  return {
    ...head,
    object: dialect.object,
    choices: [
      { index: 0, ...dialect.choice(echoed + completion.text), logprobs: null, finish_reason: completion.reason },
    ],
    usage: usage(promptTokens, completion),
  };
}

async function* chunks(
  dialect: Dialect,
  head: Head,
  echoed: string,
  first: IteratorResult<string, CompletionEnd>,
  pieces: AsyncGenerator<string, CompletionEnd, void>,
  request: OpenAiRequest,
  promptTokens: number,
): AsyncGenerator<string, void, void> {
  const chunk = (choice: Readonly<Record<string, unknown>>, finish: string | null) =>
    JSON.stringify({
      ...head,
      object: dialect.chunkObject,
      choices: [{ index: 0, ...choice, logprobs: null, finish_reason: finish }],
      ...(request.includeUsage ? { usage: null } : {}),
    });
  yield chunk(dialect.delta(echoed, true), null);
  let next = first;
  while (!next.done) {
    yield chunk(dialect.delta(next.value, false), null);
    next = await pieces.next();
  }
  yield chunk(dialect.delta('', false), next.value.reason);
  if (request.includeUsage)
    yield JSON.stringify({ ...head, object: dialect.chunkObject, choices: [], usage: usage(promptTokens, next.value) });
}
