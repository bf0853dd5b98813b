import { expect } from 'chai';
import { parseChatRequest } from '../../dist/server/chat-request.js';
import { Problem } from '../../dist/server/problem.js';

const prompt = 'Hello';
const kwargs = (generate_kwargs: Readonly<Record<string, unknown>>) => parseChatRequest({ prompt, generate_kwargs });

function problemOf(body: unknown): Problem {
  try {
    parseChatRequest(body);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('expected a problem');
}

describe('the body of POST /chat', () => {
  it('needs nothing but a prompt', () => {
    expect(parseChatRequest({ prompt })).to.deep.equal({
      model: undefined,
      prompt,
      prefix: '',
      returnFullText: true,
      cleanUpTokenizationSpaces: false,
      cutLongPrompt: false,
      limit: { kind: 'new', tokens: 256 },
      minimum: { kind: 'new', tokens: 0 },
      sampling: { kind: 'greedy' },
      repetitionPenalty: 1,
      stop: [],
      endTokens: [],
    });
  });

  const sampling: readonly (readonly [string, Readonly<Record<string, unknown>>, unknown])[] = [
    ['nothing', {}, { kind: 'greedy' }],
    ['do_sample alone', { do_sample: true }, { kind: 'random', temperature: 1, topK: 10, topP: 1 }],
    ['a temperature', { temperature: 0.5 }, { kind: 'random', temperature: 0.5, topK: 10, topP: 1 }],
    ['top_p', { top_p: 0.5 }, { kind: 'random', temperature: 1, topK: 10, topP: 0.5 }],
    ['all tokens', { top_k: 0 }, { kind: 'random', temperature: 1, topK: 0, topP: 1 }],
    ['a temperature of zero', { temperature: 0, do_sample: true }, { kind: 'greedy' }],
    ['a temperature without sampling', { temperature: 2, do_sample: false }, { kind: 'greedy' }],
    ['numbers as strings', { temperature: '0.5', top_k: '3' }, { kind: 'random', temperature: 0.5, topK: 3, topP: 1 }],
  ];
  for (const [what, given, wanted] of sampling) {
    it(`makes of ${what}: ${JSON.stringify(wanted)}`, () => {
      expect(kwargs(given).sampling).to.deep.equal(wanted);
    });
  }

  it('takes one stop string or end token as a list of one', () => {
    expect(kwargs({ stop_strings: 'x', eos_token_id: 4 })).to.deep.include({ stop: ['x'], endTokens: [4] });
  });

  it('lists all flaws at once', () => {
    const { flaws } = problemOf({
      prompt: 1,
      return_full_text: 'perhaps',
      messages: {},
      generate_kwargs: { top_p: 2, max_new_tokens: 1.5, repetition_penalty: 0, stop_strings: [1], eos_token_id: 'x' },
    }).options;
    expect(flaws?.map(({ path, type }) => `${path.join('.')} ${type}`)).to.have.members([
      'prompt string_type',
      'return_full_text bool_type',
      'messages list_type',
      'generate_kwargs.top_p less_than_equal',
      'generate_kwargs.max_new_tokens int_type',
      'generate_kwargs.repetition_penalty greater_than',
      'generate_kwargs.stop_strings string_type',
      'generate_kwargs.eos_token_id int_type',
    ]);
  });

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    [
      'a value that asks for beams',
      { prompt, generate_kwargs: { num_beams: 2 } },
      /num_beams: .*leave it out, or give 1/,
    ],
    [
      'what cannot be had at any value',
      { prompt, generate_kwargs: { bad_words_ids: [[1]] } },
      /bad_words_ids: .*leave it out$/,
    ],
    [
      'an argument nobody knows',
      { prompt, generate_kwargs: { temprature: 1 } },
      /temprature: not known .* temperature/,
    ],
    [
      'another strategy for long prompts',
      { prompt, handle_long_generation: 'cut' },
      /"cut" is not known; the one value is "hole"/,
    ],
  ];
  for (const [what, body, message] of refused) {
    it(`is refused with 400 for ${what}`, () => {
      expect(problemOf(body)).to.include({ status: 400 }).and.have.property('message').that.matches(message);
    });
  }
});
