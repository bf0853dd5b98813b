import { expect } from 'chai';
import { choices, nearMisses, quotedList } from '../dist/near-miss.js';

const KNOWN = ['sparrow-mini-4k-instruct', 'sparrow-mini-128k-instruct', 'robin-7b', 'Standard_B6s_v3'];

describe('near misses', () => {
  const cases: readonly (readonly [why: string, wanted: string, expected: readonly string[]])[] = [
    ['a missing dash', 'sparrow-mini4k-instruct', ['sparrow-mini-4k-instruct', 'sparrow-mini-128k-instruct']],
    ['a missing suffix', 'sparrow-mini-4k', ['sparrow-mini-4k-instruct', 'sparrow-mini-128k-instruct']],
    ['swapped letters', 'robni-7b', ['robin-7b']],
    ['other case and punctuation', 'standard-b6sv3', ['Standard_B6s_v3']],
    ['a namespace before the name', 'birds/robin-7b', ['robin-7b']],
  ];
  for (const [why, wanted, expected] of cases) {
    it(`finds the name behind ${why}`, () => expect(nearMisses(wanted, KNOWN)).to.deep.equal(expected));
  }

  it('finds nothing near nonsense, an empty name, or one letter', () => {
    for (const wanted of ['zzzz', '', '--', 'r', 'x'.repeat(10_000)])
      expect(nearMisses(wanted, KNOWN)).to.deep.equal([]);
  });

  it('names three at most, in the same order every time', () => {
    const many = ['abcd4', 'abcd2', 'abcd1', 'abcd3'];
    expect(nearMisses('abcd', many)).to.deep.equal(['abcd1', 'abcd2', 'abcd3']);
    expect(nearMisses('abcd', [...many].reverse())).to.deep.equal(['abcd1', 'abcd2', 'abcd3']);
  });

  it('reads as a sentence', () => {
    expect(quotedList([])).to.equal('');
    expect(quotedList(['a'])).to.equal('"a"');
    expect(quotedList(['a', 'b', 'c'])).to.equal('"a", "b" or "c"');
    expect(choices(['a', 'b'])).to.equal('a or b');
  });
});
