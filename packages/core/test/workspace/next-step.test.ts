import { splitNextStep, withNextStep } from '@kaito-sdk/core';
import { expect } from 'chai';

describe('the next step in the message of a condition', () => {
  it('follows what is, as a sentence of its own', () => {
    expect(withNextStep('It is broken', 'Mend it.')).to.equal('It is broken. Next: Mend it.');
    expect(withNextStep('It is broken!', 'Mend it.')).to.equal('It is broken! Next: Mend it.');
  });

  it('is left out where nothing can be done', () => {
    expect(withNextStep('It starts', undefined)).to.equal('It starts');
    expect(splitNextStep('It starts')).to.deep.equal({ message: 'It starts' });
  });

  it('is found again, the last one where a log has the word too', () => {
    const told = withNextStep('The log says Next: nothing.', 'Mend it.');
    expect(splitNextStep(told)).to.deep.equal({ message: 'The log says Next: nothing.', remedy: 'Mend it.' });
  });
});
