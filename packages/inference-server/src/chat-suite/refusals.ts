import assert from 'node:assert/strict';
import { type ChatCase, post, refusal } from './chat-case.js';

const prompt = 'What is a pod?';

interface Flaw {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** Checks that a malformed body is answered in FastAPI's form, with the place of each flaw. */
async function malformed(baseUrl: string, body: unknown, ...places: readonly string[]): Promise<void> {
  const detail = (await refusal(baseUrl, body, 422)) as readonly Flaw[];
  assert.ok(Array.isArray(detail) && detail.length > 0, `detail must be a list: ${JSON.stringify(detail)}`);
  for (const { msg, type } of detail) assert.ok(msg.length > 0 && type.length > 0, JSON.stringify(detail));
  const found = detail.map(({ loc }) => loc.join('.'));
  for (const place of places) assert.ok(found.includes(place), `${place} is not among ${found.join(', ')}`);
}

/** How wrong requests are answered. */
export const refusals: readonly ChatCase[] = [
  {
    title: "answers a missing, empty or null prompt with KAITO's own 400",
    async run(baseUrl) {
      for (const body of [{}, { prompt: '' }, { prompt: null }, { messages: [{ role: 'user', content: prompt }] }]) {
        const answer = await post(baseUrl, body);
        assert.equal(answer.status, 400, JSON.stringify(body));
        assert.deepEqual(answer.body, { detail: 'Text generation parameter prompt required' });
      }
    },
  },
  {
    title: 'answers a prompt that is no string with 422 and its place',
    run: (baseUrl) => malformed(baseUrl, { prompt: 5 }, 'body.prompt'),
  },
  {
    title: 'answers a wrong type deep in the body with 422 and its place',
    run: (baseUrl) => malformed(baseUrl, { prompt, generate_kwargs: { top_k: 'many' } }, 'body.generate_kwargs.top_k'),
  },
  {
    title: 'answers generate_kwargs that are no object with 422',
    run: (baseUrl) => malformed(baseUrl, { prompt, generate_kwargs: 'fast' }, 'body.generate_kwargs'),
  },
  {
    title: 'answers a negative number where none can be with 422 and its place',
    run: (baseUrl) =>
      malformed(baseUrl, { prompt, generate_kwargs: { max_new_tokens: -1 } }, 'body.generate_kwargs.max_new_tokens'),
  },
  {
    title: 'answers a body that is no JSON, or no object, with 422',
    async run(baseUrl) {
      for (const body of ['{"prompt"', '', '[]', '"text"', 'null']) await malformed(baseUrl, body);
    },
  },
  {
    title: 'refuses by name what it cannot follow, instead of ignoring it',
    async run(baseUrl) {
      for (const [name, value] of Object.entries({ num_beams: 4, penalty_alpha: 0.6 })) {
        const detail = await refusal(baseUrl, { prompt, generate_kwargs: { [name]: value } }, 400);
        assert.match(String(detail), new RegExp(name));
      }
    },
  },
  {
    title: 'refuses a prompt that the context cannot hold, and says how many tokens fit',
    async run(baseUrl) {
      const limit = await contextLength(baseUrl);
      const detail = await refusal(baseUrl, { prompt: 'model '.repeat(limit + 8) }, 400);
      assert.match(String(detail), /\d+ tokens/);
    },
  },
  {
    title: 'answers another method than POST with 405',
    async run(baseUrl) {
      const response = await fetch(`${baseUrl}/chat`);
      assert.equal(response.status, 405);
      await response.text();
    },
  },
];

/** What the server says of its context beside `/chat`; a server that does not say has at most 4,096 tokens. */
async function contextLength(baseUrl: string): Promise<number> {
  const response = await fetch(`${baseUrl}/v1/models`);
  if (!response.ok) return 4096;
  const { data } = (await response.json()) as { readonly data: readonly { readonly max_model_len?: number }[] };
  return data[0]?.max_model_len ?? 4096;
}
