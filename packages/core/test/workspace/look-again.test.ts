import { blocked, type ClaimState, done, waiting } from '@kaito-sdk/core';
import { expect } from 'chai';
import { lookAgain } from '../../dist/workspace/look-again.js';

const owner = { namespace: 'default', name: 'demo', uid: 'u' };
const claim = (lookAgainMs?: number): ClaimState => ({
  name: 'ws1',
  owner,
  phase: 'requested',
  ...(lookAgainMs === undefined ? {} : { lookAgainMs }),
});

describe('looking again at claims that cannot be watched', () => {
  it('ends a wait with the first claim that is worth a look', () => {
    const outcome = lookAgain(waiting('NodesPending', 'wait'), [claim(), claim(20_000), claim(15_000)]);
    expect(outcome).to.deep.equal({ kind: 'waiting', reason: 'NodesPending', message: 'wait', afterMs: 15_000 });
  });

  it('keeps a wait that ends sooner by itself', () => {
    expect(lookAgain(waiting('Deadline', 'wait', 5_000), [claim(15_000)])).to.include({ afterMs: 5_000 });
  });

  it('leaves alone what only a watch can end, and what has ended', () => {
    const wait = waiting('NodesPending', 'wait');
    expect(lookAgain(wait, [claim()])).to.equal(wait);
    expect(lookAgain(done, [claim()])).to.equal(done);
    expect(lookAgain(done, [])).to.equal(done);
  });

  it('does not rest while a node is still being given back, nor when it is blocked: it is paid for', () => {
    expect(lookAgain(done, [claim(15_000)])).to.include({ kind: 'waiting', afterMs: 15_000 });
    const refused = blocked('NotPermitted', 'ask somebody');
    expect(lookAgain(refused, [claim(15_000)])).to.include({
      kind: 'waiting',
      reason: 'NotPermitted',
      afterMs: 15_000,
    });
    expect(lookAgain(refused, [])).to.equal(refused);
  });
});
