import { jsonList, jsonNumber, jsonObject, jsonString } from '@kaito-sdk/core';
import { expect } from 'chai';

describe('the readers for what a server sends', () => {
  it('give what is there', () => {
    expect(jsonObject({ a: 1 })).to.deep.equal({ a: 1 });
    expect(jsonList([{ a: 1 }, { b: 2 }])).to.deep.equal([{ a: 1 }, { b: 2 }]);
    expect(jsonString('Running')).to.equal('Running');
    expect(jsonNumber(3)).to.equal(3);
  });

  it('read what is missing, or is something else, as nothing', () => {
    for (const other of [undefined, null, 'text', 3, true, ['a']]) expect(jsonObject(other)).to.deep.equal({});
    for (const other of [undefined, null, 'text', 3, { length: 1 }]) expect(jsonList(other)).to.deep.equal([]);
    for (const other of [undefined, null, '', 3, {}, []]) expect(jsonString(other)).to.equal(undefined);
    for (const other of [undefined, null, '3', Number.NaN, Number.POSITIVE_INFINITY])
      expect(jsonNumber(other)).to.equal(0);
  });

  it('read the items of a list as objects, whatever they are', () => {
    expect(jsonList(['text', null, { a: 1 }])).to.deep.equal([{}, {}, { a: 1 }]);
  });
});
