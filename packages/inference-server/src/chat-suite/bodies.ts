import assert from 'node:assert/strict';
import { type ChatCase, post, result } from './chat-case.js';

const question = 'What is Kubernetes?';

/** What a good answer looks like. */
export const bodies: readonly ChatCase[] = [
  {
    title: 'answers a prompt with JSON that holds nothing but Result, a string',
    async run(baseUrl) {
      const answer = await post(baseUrl, { prompt: question });
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
      assert.deepEqual(Object.keys(answer.body as object), ['Result']);
    },
  },
  {
    title: 'begins with the prompt unless return_full_text is false',
    async run(baseUrl) {
      const full = await result(baseUrl, { prompt: question, generate_kwargs: { do_sample: false } });
      const answer = await result(baseUrl, {
        prompt: question,
        return_full_text: false,
        generate_kwargs: { do_sample: false },
      });
      assert.ok(full.startsWith(question), full);
      assert.ok(full.slice(question.length).trim().length > 0, 'there must be an answer after the prompt');
      assert.equal(full.slice(question.length).trim(), answer.trim());
    },
  },
  {
    title: 'takes null for any optional field as if it were absent',
    async run(baseUrl) {
      const bare = { prompt: question, generate_kwargs: { do_sample: false } };
      const nulls = {
        ...bare,
        return_full_text: null,
        clean_up_tokenization_spaces: null,
        prefix: null,
        handle_long_generation: null,
      };
      assert.equal(await result(baseUrl, nulls), await result(baseUrl, bare));
    },
  },
  {
    title: 'applies the chat template: the answer ends by itself and shows no markers',
    async run(baseUrl) {
      const answer = await result(baseUrl, { prompt: question, return_full_text: false });
      assert.doesNotMatch(answer, /<\|/);
    },
  },
  {
    title: 'puts the prefix before the prompt for the model, but not into the answer',
    async run(baseUrl) {
      const full = await result(baseUrl, { prefix: 'Please: ', prompt: question });
      assert.ok(full.startsWith(question), full);
    },
  },
  {
    title: 'can clean up the spaces before punctuation',
    async run(baseUrl) {
      const answer = await result(baseUrl, {
        prompt: question,
        return_full_text: false,
        clean_up_tokenization_spaces: true,
      });
      assert.doesNotMatch(answer, / [.,?!]/);
    },
  },
  {
    title: 'answers in whole characters, whatever script the prompt is in',
    async run(baseUrl) {
      const prompt = 'Grüße, 你好, 👋🏽';
      const full = await result(baseUrl, { prompt });
      assert.ok(full.startsWith(prompt), full);
    },
  },
];
