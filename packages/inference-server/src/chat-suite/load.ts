import assert from 'node:assert/strict';
import { type ChatCase, result } from './chat-case.js';

/** Several clients at once. */
export const load: readonly ChatCase[] = [
  {
    title: 'answers ten clients at once, each its own question',
    async run(baseUrl) {
      const prompts = Array.from({ length: 10 }, (_, i) => `Question number ${i}: what is a node?`);
      const answers = await Promise.all(prompts.map((prompt) => result(baseUrl, { prompt })));
      answers.forEach((answer, i) => {
        assert.ok(answer.startsWith(prompts[i] ?? ''), answer);
      });
    },
  },
  {
    title: 'goes on answering after a client has hung up',
    async run(baseUrl) {
      const hangUp = new AbortController();
      const long = fetch(`${baseUrl}/chat`, {
        method: 'POST',
        body: JSON.stringify({
          prompt: 'What is a node?',
          generate_kwargs: { min_new_tokens: 200, max_new_tokens: 200 },
        }),
        headers: { 'Content-Type': 'application/json' },
        signal: hangUp.signal,
      }).then(
        (response) => response.text(),
        () => 'hung up',
      );
      hangUp.abort();
      await long;
      assert.ok((await result(baseUrl, { prompt: 'What is a node?' })).length > 0);
    },
  },
];
