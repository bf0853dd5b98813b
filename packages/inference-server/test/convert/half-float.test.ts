import { expect } from 'chai';
import { fromBfloat16, fromHalf, toHalf } from '../../dist/convert/half-float.js';

describe('half precision', () => {
  // The bits are those of numpy.float16.
  const table: readonly (readonly [string, number, number])[] = [
    ['zero', 0, 0x0000],
    ['minus zero', -0, 0x8000],
    ['one', 1, 0x3c00],
    ['minus two', -2, 0xc000],
    ['a third, rounded', 1 / 3, 0x3555],
    ['the largest', 65504, 0x7bff],
    ['too large', 65520, 0x7c00],
    ['just not too large', 65519, 0x7bff],
    ['infinity', Number.NEGATIVE_INFINITY, 0xfc00],
    ['the smallest normal', 2 ** -14, 0x0400],
    ['below the normal range', 2 ** -15, 0x0200],
    ['the smallest of all', 2 ** -24, 0x0001],
    ['half of the smallest, a tie to even', 2 ** -25, 0x0000],
    ['a little more than that', 2 ** -25 * 1.001, 0x0001],
    ['far too small', 1e-30, 0x0000],
    ['a tie that goes down to even', 1 + 2 ** -11, 0x3c00],
    ['a tie that goes up to even', 1 + 3 * 2 ** -11, 0x3c02],
    ['a carry into the exponent', 2 - 2 ** -12, 0x4000],
  ];
  for (const [what, value, bits] of table) {
    it(`writes ${what}`, () => {
      expect(toHalf(value)).to.equal(bits);
    });
  }

  it('keeps not-a-number one', () => {
    expect(fromHalf(toHalf(Number.NaN))).to.be.NaN;
  });

  it('reads back every number that it can write', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      expect(toHalf(fromHalf(bits))).to.equal(bits);
      expect(toHalf(fromHalf(bits | 0x8000))).to.equal(bits | 0x8000);
    }
  });

  it('reads bfloat16 as the upper half of a single', () => {
    expect(fromBfloat16(0x3f80)).to.equal(1);
    expect(fromBfloat16(0xc040)).to.equal(-3);
  });
});
