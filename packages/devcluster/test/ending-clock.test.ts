import { expect } from 'chai';
import { EndingClock } from '../dist/ending-clock.js';
import { VirtualClock } from '../dist/virtual-clock.js';

describe('a clock that ends', () => {
  it('runs timers as the clock beneath does, and cancels one when asked', async () => {
    const time = new VirtualClock();
    const clock = new EndingClock(time);
    const ran: string[] = [];
    clock.after(10, () => ran.push('a'));
    clock.after(20, () => ran.push('b'))();
    await time.advance(30);
    expect(ran).to.deep.equal(['a']);
    expect(clock.now()).to.equal(time.now());
  });

  it('takes back every timer that waits, and holds on to none that ran', async () => {
    const time = new VirtualClock();
    const clock = new EndingClock(time);
    const ran: string[] = [];
    clock.after(10, () => ran.push('a'));
    await time.advance(10);
    clock.after(10, () => ran.push('b'));
    clock.end();
    expect(time.pending).to.equal(0);
    await time.advance(100);
    expect(ran).to.deep.equal(['a']);
  });
});
