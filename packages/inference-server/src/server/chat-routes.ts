import { type ChatRequest, type LengthLimit, parseChatRequest } from './chat-request.js';
import { cleanUpSpaces } from './clean-up-spaces.js';
import type { Completions } from './completions.js';
import type { Call, Reply, Route } from './exchange.js';
import { Problem } from './problem.js';

/**
 * `POST /chat`, the path that KAITO's first server had.
 *
 * @param usual the model or adapter that answers where a request names none. Default: the base model with all of its adapters at once,
 * each with its strength, as KAITO merges them
 */
export function chatRoutes(completions: Completions, usual: string | undefined): readonly Route[] {
  return [{ method: 'POST', path: '/chat', handle: (call) => chat(completions, usual, call) }];
}

async function chat(completions: Completions, usual: string | undefined, call: Call): Promise<Reply> {
  const request = parseChatRequest(await call.body());
  const adapters = adaptersOf(completions, request.model ?? usual);
  const tokens = promptTokens(completions, request);
  const maxTokens = newTokens(request.limit, tokens.length);
  if (maxTokens < 1)
    throw new Problem(
      400,
      `generate_kwargs.max_length: ${request.limit.tokens} leaves no room, since it counts the ${tokens.length} tokens of the prompt too; give max_new_tokens instead`,
      { code: 'no_room_for_answer', param: 'generate_kwargs.max_length' },
    );
  const answer = await completions.whole(
    tokens,
    {
      maxTokens,
      minTokens: Math.max(0, newTokens(request.minimum, tokens.length)),
      sampling: request.sampling,
      repetitionPenalty: request.repetitionPenalty,
      endTokens: request.endTokens,
      ...(adapters.length > 0 ? { adapters } : {}),
    },
    request.stop,
    call.signal,
  );
  const text = request.cleanUpTokenizationSpaces ? cleanUpSpaces(answer.text) : answer.text;
  return { kind: 'json', body: { Result: request.returnFullText ? `${request.prompt}\n${text}` : text } };
}

function adaptersOf(completions: Completions, model: string | undefined): readonly string[] {
  const chosen = model === undefined ? completions.models() : [completions.named(model)];
  return chosen.flatMap(({ name, adapterOf }) => (adapterOf === undefined ? [] : [name]));
}

function promptTokens(completions: Completions, request: ChatRequest): readonly number[] {
  const content = request.prefix + request.prompt;
  const prompt = (text: string) => ({ kind: 'messages', messages: [{ role: 'user', content: text }] }) as const;
  if (!request.cutLongPrompt) return completions.tokens(prompt(content), 'prompt');
  return completions.tokens(prompt(cut(completions, content, request)), 'prompt');
}

/** The end of `content`, short enough to leave room for the answer that was asked for. */
function cut(completions: Completions, content: string, { limit }: ChatRequest): string {
  const { contextLength } = completions.model();
  const forPrompt = limit.kind === 'total' ? Math.min(limit.tokens, contextLength) - 1 : contextLength - limit.tokens;
  const room = Math.max(1, forPrompt - TEMPLATE_TOKENS);
  const characters = [...content];
  let text = content;
  // A token is at least one byte, so every round removes at least something; long texts lose most of the excess in the first rounds.
  for (let excess = completions.count(text) - room; excess > 0; excess = completions.count(text) - room) {
    characters.splice(0, Math.max(1, Math.floor(excess / 2)));
    text = characters.join('');
  }
  return text;
}

/** More than the chat template of any known model adds to one turn. */
const TEMPLATE_TOKENS = 16;

function newTokens(limit: LengthLimit, promptLength: number): number {
  return limit.kind === 'new' ? limit.tokens : limit.tokens - promptLength;
}
