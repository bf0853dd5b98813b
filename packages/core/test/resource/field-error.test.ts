import { expect } from 'chai';
import { causesOf, type FieldError, formatFieldErrors } from '../../dist/resource/index.js';

const say = (error: Omit<FieldError, 'field'> & { field?: string }): string =>
  formatFieldErrors([{ field: 'spec.size', ...error }]);

describe('formatFieldErrors', () => {
  it('says field, value, reason and way out in one sentence', () => {
    expect(say({ reason: 'Invalid', value: 0, message: 'must be 1 or more' })).to.equal(
      'spec.size: 0 is invalid: must be 1 or more',
    );
    expect(say({ reason: 'NotSupported', value: 'x', message: 'must be "a"' })).to.equal(
      'spec.size: "x" is not supported: must be "a"',
    );
    expect(say({ reason: 'Duplicate', value: 'x', message: 'rename one' })).to.equal(
      'spec.size: "x" is a duplicate: rename one',
    );
    expect(say({ reason: 'Required', message: 'name a size' })).to.equal('spec.size is required: name a size');
    expect(say({ reason: 'Required', message: '' })).to.equal('spec.size is required');
    expect(say({ reason: 'Forbidden', message: 'remove it' })).to.equal('spec.size is forbidden: remove it');
    expect(say({ reason: 'TooMany', value: 3, message: 'must have at most 2 items, has 3' })).to.equal(
      'spec.size must have at most 2 items, has 3',
    );
    expect(say({ reason: 'Invalid', message: 'max is below min' })).to.equal('spec.size: max is below min');
    expect(say({ reason: 'Invalid', message: 'must fit' })).to.equal('spec.size must fit');
  });

  it('leaves the message of a whole object as it is', () => {
    expect(say({ field: '', reason: 'Invalid', message: 'a and b exclude each other' })).to.equal(
      'a and b exclude each other',
    );
  });

  it('cuts long values and does not print objects', () => {
    expect(say({ reason: 'Invalid', value: 'x'.repeat(500), message: 'm' }).length).to.be.below(120);
    expect(say({ reason: 'TypeInvalid', value: { a: 1 }, message: 'must be a list' })).to.equal(
      'spec.size must be a list',
    );
  });

  it('parts several errors', () => {
    const errors: FieldError[] = [
      { field: 'a', reason: 'Required', message: '' },
      { field: 'b', reason: 'Required', message: '' },
    ];
    expect(formatFieldErrors(errors)).to.equal('a is required; b is required');
    expect(formatFieldErrors([])).to.equal('');
  });
});

describe('causesOf', () => {
  it('gives the causes of a Status in the words of the API server', () => {
    expect(causesOf([{ field: 'spec.size', reason: 'Invalid', value: 0, message: 'must be 1 or more' }])).to.deep.equal(
      [{ field: 'spec.size', reason: 'FieldValueInvalid', message: '0 is invalid: must be 1 or more' }],
    );
    expect(causesOf([{ field: 'a', reason: 'Required', message: '' }])[0]).to.include({ reason: 'FieldValueRequired' });
  });
});
