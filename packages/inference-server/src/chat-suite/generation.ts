import assert from 'node:assert/strict';
import { type ChatCase, refusal, result } from './chat-case.js';

const prompt = 'What is a GPU?';

function ask(baseUrl: string, generate_kwargs: Readonly<Record<string, unknown>>): Promise<string> {
  return result(baseUrl, { prompt, return_full_text: false, generate_kwargs });
}

/** What `generate_kwargs` do. */
export const generation: readonly ChatCase[] = [
  {
    title: 'gives the same answer each time when it does not sample',
    async run(baseUrl) {
      assert.equal(await ask(baseUrl, { do_sample: false }), await ask(baseUrl, { do_sample: false }));
    },
  },
  {
    title: 'does not sample unless asked to',
    async run(baseUrl) {
      assert.equal(await ask(baseUrl, {}), await ask(baseUrl, { do_sample: false }));
    },
  },
  {
    title: 'takes temperature, top_k, top_p and repetition_penalty',
    async run(baseUrl) {
      const kwargs = { do_sample: true, temperature: 0.7, top_k: 5, top_p: 0.9, repetition_penalty: 1.1 };
      assert.ok((await ask(baseUrl, { ...kwargs, max_new_tokens: 16 })).length > 0);
    },
  },
  {
    title: 'stays with the likeliest token when top_k is 1',
    async run(baseUrl) {
      const likeliest = await ask(baseUrl, { do_sample: false, max_new_tokens: 16 });
      assert.equal(await ask(baseUrl, { do_sample: true, top_k: 1, max_new_tokens: 16 }), likeliest);
    },
  },
  {
    title: 'stops after max_new_tokens, and a longer answer continues the shorter one',
    async run(baseUrl) {
      const [short, longer] = [await ask(baseUrl, { max_new_tokens: 2 }), await ask(baseUrl, { max_new_tokens: 6 })];
      assert.ok(short.length < longer.length, `${short} | ${longer}`);
      assert.ok(longer.startsWith(short.trimEnd()), `${short} | ${longer}`);
    },
  },
  {
    title: 'counts the prompt in max_length, and prefers max_new_tokens where both are given',
    async run(baseUrl) {
      const whole = await ask(baseUrl, { max_new_tokens: 24 });
      assert.ok((await ask(baseUrl, { max_length: 24 })).length < whole.length);
      assert.equal(await ask(baseUrl, { max_length: 24, max_new_tokens: 24 }), whole);
    },
  },
  {
    title: 'refuses a max_length that the prompt fills, and names it',
    async run(baseUrl) {
      const body = { prompt, generate_kwargs: { max_length: 1 } };
      assert.match(String(await refusal(baseUrl, body, 400)), /max_length/);
    },
  },
  {
    title: 'goes on until min_new_tokens',
    async run(baseUrl) {
      const normal = await ask(baseUrl, { max_new_tokens: 100 });
      const longer = await ask(baseUrl, { min_new_tokens: 100, max_new_tokens: 100 });
      assert.ok(longer.length > normal.length || normal.length > 300, `${normal} | ${longer}`);
    },
  },
  {
    title: 'ends at a stop string',
    async run(baseUrl) {
      const whole = await ask(baseUrl, { do_sample: false, max_new_tokens: 24 });
      const word = whole.trim().split(/\s+/).at(3) ?? '';
      const cut = await ask(baseUrl, { do_sample: false, max_new_tokens: 24, stop_strings: [word] });
      assert.ok(cut.length < whole.length && whole.startsWith(cut.trimEnd()), `${word}: ${cut} | ${whole}`);
    },
  },
  {
    title: "takes the defaults of KAITO's server when a client sends them along",
    async run(baseUrl) {
      const defaults = {
        min_length: 0,
        do_sample: true,
        early_stopping: false,
        num_beams: 1,
        num_beam_groups: 1,
        diversity_penalty: 0.0,
        temperature: 1.0,
        top_k: 10,
        top_p: 1,
        typical_p: 1,
        repetition_penalty: 1,
        length_penalty: 1,
        no_repeat_ngram_size: 0,
        encoder_no_repeat_ngram_size: 0,
        bad_words_ids: null,
        num_return_sequences: 1,
        output_scores: false,
        return_dict_in_generate: false,
        forced_bos_token_id: null,
        forced_eos_token_id: null,
        remove_invalid_values: null,
        max_length: 200,
      };
      assert.ok((await ask(baseUrl, defaults)).length > 0);
    },
  },
];
