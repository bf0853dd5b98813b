import { expect } from 'chai';
import { type JsonSchema, unknownFields } from '../../dist/resource/index.js';

const text: JsonSchema = { type: 'string' };
const item: JsonSchema = { type: 'object', properties: { name: text } };
const schema: JsonSchema = {
  type: 'object',
  properties: {
    metadata: { type: 'object' },
    items: { type: 'array', items: item },
    byName: { type: 'object', additionalProperties: item },
    free: { type: 'object', properties: { name: text }, 'x-kubernetes-preserve-unknown-fields': true },
    constructor: text,
  },
};

describe('the fields of an object that its schema does not have', () => {
  const found = (value: unknown) => unknownFields(schema, value).map(({ field }) => field);

  it('are found at any depth, with what there is instead', () => {
    expect(found({ itms: [], items: [{ name: 'a' }, { naem: 'b' }], byName: { one: { x: 1 } } })).to.deep.equal([
      'itms',
      'items[1].naem',
      'byName[one].x',
    ]);
    expect(unknownFields(schema, { items: [{ naem: 'b' }] })).to.deep.equal([
      { field: 'items[0].naem', known: ['name'] },
    ]);
  });

  it('are not those that a server keeps whatever they are', () => {
    expect(found({ metadata: { anything: 1 }, free: { anything: { at: 'all' } } })).to.deep.equal([]);
  });

  it('may have the name of something that every object has', () => {
    expect(found({ toString: 1, constructor: 'x', ['__proto__']: 1 })).to.deep.equal(['toString', '__proto__']);
  });

  it('are none where a value is of another type than it should be: that is told elsewhere', () => {
    for (const value of [null, undefined, 'x', 1, { items: 'x', byName: null }, [[1]]])
      expect(found(value)).to.deep.equal([]);
  });
});
