import { expect } from 'chai';
import { FieldReader } from '../../dist/server/field-reader.js';
import type { Flaw } from '../../dist/server/problem.js';

type Read = (fields: FieldReader) => unknown;

/** What is read from `{ x: value }`, and the kinds of flaws that were found on the way. */
function reading(value: unknown, read: Read): { readonly value: unknown; readonly flaws: readonly string[] } {
  const flaws: Flaw[] = [];
  const found = read(new FieldReader({ x: value }, flaws));
  return { value: found, flaws: flaws.map(({ path, type }) => `${path.join('.')} ${type}`) };
}

const readers: Readonly<Record<string, Read>> = {
  text: (fields) => fields.text('x'),
  truth: (fields) => fields.truth('x'),
  number: (fields) => fields.number('x', { min: 0, max: 2 }),
  positive: (fields) => fields.number('x', { above: 0 }),
  integer: (fields) => fields.integer('x', { min: -1 }),
  texts: (fields) => fields.texts('x'),
  integers: (fields) => fields.integers('x'),
  object: (fields) => fields.object('x')?.keys(),
};

describe('a reader of fields', () => {
  for (const [kind, read] of Object.entries(readers)) {
    it(`takes null and nothing alike for ${kind}`, () => {
      for (const value of [null, undefined])
        expect(reading(value, read)).to.deep.equal({ value: undefined, flaws: [] });
    });
  }

  const good: readonly (readonly [keyof typeof readers, unknown, unknown])[] = [
    ['text', '', ''],
    ['truth', false, false],
    ['truth', 'true', true],
    ['truth', 0, false],
    ['number', 0, 0],
    ['number', 2, 2],
    ['number', '1.5', 1.5],
    ['positive', 0.001, 0.001],
    ['integer', -1, -1],
    ['integer', '12', 12],
    ['texts', 'a', ['a']],
    ['texts', ['a', 'b'], ['a', 'b']],
    ['texts', [], []],
    ['integers', 4, [4]],
    ['integers', [1, 2], [1, 2]],
    ['object', { a: 1, b: null }, ['a']],
  ];
  for (const [kind, value, wanted] of good) {
    it(`reads ${JSON.stringify(value)} as ${kind}`, () => {
      expect(reading(value, readers[kind]!)).to.deep.equal({ value: wanted, flaws: [] });
    });
  }

  const bad: readonly (readonly [keyof typeof readers, unknown, string])[] = [
    ['text', 5, 'string_type'],
    ['text', ['a'], 'string_type'],
    ['truth', 'yes', 'bool_type'],
    ['truth', 2, 'bool_type'],
    ['number', true, 'float_type'],
    ['number', '', 'float_type'],
    ['number', 'NaN', 'float_type'],
    ['number', '1e999', 'float_type'],
    ['number', -0.1, 'greater_than_equal'],
    ['number', 2.1, 'less_than_equal'],
    ['positive', 0, 'greater_than'],
    ['integer', 1.5, 'int_type'],
    ['integer', 2 ** 60, 'int_type'],
    ['integer', -2, 'greater_than_equal'],
    ['texts', ['a', 1], 'string_type'],
    ['integers', ['1'], 'int_type'],
    ['object', [], 'model_attributes_type'],
    ['object', 'x', 'model_attributes_type'],
  ];
  for (const [kind, value, type] of bad) {
    it(`finds one flaw in ${JSON.stringify(value)} as ${kind}: ${type}`, () => {
      expect(reading(value, readers[kind]!).flaws).to.deep.equal([`x ${type}`]);
    });
  }

  it('gives the place of a flaw from the outermost key on', () => {
    const flaws: Flaw[] = [];
    FieldReader.of({ a: { b: { c: 'x' } } }, flaws)
      .object('a')
      ?.object('b')
      ?.integer('c');
    expect(flaws[0]?.path).to.deep.equal(['a', 'b', 'c']);
  });
});
