import { expect } from 'chai';
import { AdapterSlots } from '../../dist/engine/adapter-slots.js';

describe('the slots of an engine for adapters', () => {
  it('hold those that were used last', () => {
    const slots = new AdapterSlots(2);
    expect(slots.take(['a'])).to.deep.equal({ missing: ['a'], lost: [] });
    expect(slots.take(['b'])).to.deep.equal({ missing: ['b'], lost: [] });
    expect(slots.take(['a'])).to.deep.equal({ missing: [], lost: [] });
    expect(slots.take(['c'])).to.deep.equal({ missing: ['c'], lost: ['b'] });
    slots.drop('a');
    expect(slots.take(['a'])).to.deep.equal({ missing: ['a'], lost: [] });
  });

  it('are never taken from the adapters of the very request', () => {
    expect(new AdapterSlots(1).take(['a', 'b'])).to.deep.equal({ missing: ['a', 'b'], lost: [] });
  });

  it('are without number unless one is given', () => {
    const slots = new AdapterSlots();
    for (let i = 0; i < 100; i++) expect(slots.take([`a${i}`]).lost).to.deep.equal([]);
  });
});
