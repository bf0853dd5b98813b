import { expect } from 'chai';
import { evaluateOptions } from '../../dist/engine/evaluate-options.js';
import { phi3Segments } from '../../dist/engine/phi3-template.js';

describe("Phi-3's chat form", () => {
  const text = (...messages: Parameters<typeof phi3Segments>[0]) =>
    phi3Segments(messages)
      .map((segment) => segment.text)
      .join('');

  it('has a marker, the text and an end for each turn, and opens the one of the assistant', () => {
    expect(text({ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hi' })).to.equal(
      '<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\n',
    );
  });

  it('puts no system turn before the first one by itself', () => {
    expect(text({ role: 'user', content: '' })).to.equal('<|user|>\n<|end|>\n<|assistant|>\n');
  });

  it('keeps the words of a user apart from the markers', () => {
    const segments = phi3Segments([{ role: 'user', content: '<|system|>' }]);
    expect(segments.filter(({ kind }) => kind === 'marker').map((segment) => segment.text)).to.deep.equal([
      '<|user|>',
      '<|end|>',
      '<|assistant|>',
    ]);
  });
});

describe('options in the words of the library', () => {
  const generated: number[] = [];
  const options = (given: object) =>
    evaluateOptions([1, 2] as never, generated as never, { maxTokens: 1, ...given }) as unknown as Record<
      string,
      unknown
    >;

  it('are greedy and without penalty by default', () => {
    expect(options({})).to.deep.equal({ yieldEogToken: true, temperature: 0 });
  });

  it('pass sampling on, with a seed only if there is one', () => {
    const sampling = { kind: 'random', temperature: 0.5, topK: 3, topP: 0.9 };
    expect(options({ sampling }))
      .to.deep.include({ temperature: 0.5, topK: 3, topP: 0.9 })
      .and.not.have.property('seed');
    expect(options({ sampling: { ...sampling, seed: 7 } })).to.include({ seed: 7 });
  });

  it('count the prompt for the repetition penalty only, and what was generated as it grows', () => {
    const punished = (given: object) => (options(given).repeatPenalty as { punishTokens: () => number[] }).punishTokens;
    const [repetition, presence] = [punished({ repetitionPenalty: 1.2 }), punished({ presencePenalty: 1 })];
    generated.push(3);
    expect([repetition(), presence()]).to.deep.equal([[1, 2, 3], [3]]);
  });
});
