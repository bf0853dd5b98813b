import { expect } from 'chai';
import { StopScanner } from '../../dist/server/stop-scanner.js';

/** What comes out at each step, and at the end. */
function through(stops: readonly string[], ...pieces: readonly string[]): readonly string[] {
  const scanner = new StopScanner(stops);
  return [...pieces.map((piece) => scanner.push(piece)), scanner.flush()];
}

describe('the scanner for stop strings', () => {
  it('lets everything through at once when there are none', () => {
    expect(through([], 'one ', 'two')).to.deep.equal(['one ', 'two', '']);
  });

  it('ends before a stop string and swallows all that follows', () => {
    expect(through(['END'], 'a END b', 'c')).to.deep.equal(['a ', '', '']);
  });

  it('finds one that comes in pieces, and shows none of it', () => {
    expect(through(['END'], 'a E', 'N', 'D b')).to.deep.equal(['a ', '', '', '']);
  });

  it('hands out what looked like one and was none', () => {
    expect(through(['END'], 'a E', 'N', 'OUGH')).to.deep.equal(['a ', '', 'ENOUGH', '']);
  });

  it('hands out the held end when no more comes', () => {
    expect(through(['END'], 'the EN')).to.deep.equal(['the ', 'EN']);
  });

  it('ends at the first of several', () => {
    expect(through(['two', 'one'], 'zero one two')).to.deep.equal(['zero ', '']);
  });

  it('says that it has stopped', () => {
    const scanner = new StopScanner(['.']);
    scanner.push('a');
    expect(scanner.stopped).to.equal(false);
    scanner.push('b.');
    expect(scanner.stopped).to.equal(true);
  });
});
