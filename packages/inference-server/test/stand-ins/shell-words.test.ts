import { expect } from 'chai';
import { shellWords } from '../../dist/stand-ins/shell-words.js';

describe('a command line of the shell', () => {
  const readable: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['  a   b\tc\n', ['a', 'b', 'c']],
    [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
    [`--x='{"a": 1}'`, ['--x={"a": 1}']],
    [`a"b"'c'd`, ['abcd']],
    [`'' ""`, ['', '']],
    [String.raw`a\ b "c\"d" "e\n" '\'`, ['a b', 'c"d', String.raw`e\n`, '\\']],
  ];
  for (const [line, words] of readable) {
    it(`is split: ${JSON.stringify(line)}`, () => {
      expect(shellWords(line)).to.deep.equal({ kind: 'words', words });
    });
  }

  for (const line of ['a | b', 'a; b', 'a && b', 'echo $HOME', '"$HOME"', '`a`', 'a > b', 'ls *', "'a", '"a']) {
    it(`is not read in part: ${line}`, () => {
      expect(shellWords(line).kind).to.equal('unreadable');
    });
  }
});
