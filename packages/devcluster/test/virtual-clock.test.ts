import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

describe('the virtual clock', () => {
  it('stands still until it is moved', async () => {
    const clock = new VirtualClock(1_000);
    let rang = false;
    clock.after(0, () => {
      rang = true;
    });
    await clock.settle();
    expect([clock.now(), rang]).to.deep.equal([1_000, false]);
  });

  it('runs timers in the order of their times, each at its own time', async () => {
    const clock = new VirtualClock(0);
    const seen: [string, number][] = [];
    clock.after(30, () => seen.push(['c', clock.now()]));
    clock.after(10, () => seen.push(['a', clock.now()]));
    clock.after(10, () => seen.push(['b', clock.now()]));
    await clock.advance(20);
    expect(seen).to.deep.equal([
      ['a', 10],
      ['b', 10],
    ]);
    expect(clock.now()).to.equal(20);
    await clock.advance(10);
    expect(seen).to.deep.equal([
      ['a', 10],
      ['b', 10],
      ['c', 30],
    ]);
  });

  it('runs timers that are set by timers, and lets promises settle in between', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    const again = async () => {
      await Promise.resolve();
      seen.push(clock.now());
      clock.after(100, again);
    };
    clock.after(100, again);
    await clock.advance(350);
    expect(seen).to.deep.equal([100, 200, 300]);
    expect(clock.pending).to.equal(1);
  });

  it('does not run what was cancelled, however often', async () => {
    const clock = new VirtualClock();
    const cancel = clock.after(10, () => expect.fail('cancelled timers must not run'));
    cancel();
    cancel();
    await clock.advance(20);
    expect(clock.pending).to.equal(0);
  });

  it('waits for work that a probe tells of', async () => {
    const clock = new VirtualClock();
    let busy = true;
    let turns = 20;
    const count = () => {
      if (--turns > 0) setImmediate(count);
      else busy = false;
    };
    setImmediate(count);
    const done = clock.busyWhile(() => busy);
    await clock.advance(1);
    expect(turns).to.equal(0);
    done();
  });

  it('goes on until something is reached and no further', async () => {
    const clock = new VirtualClock(0);
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.after(60_000, tick);
    };
    clock.after(60_000, tick);
    await clock.advanceUntil(() => ticks === 3);
    expect(clock.now()).to.equal(180_000);
  });

  it('says how far it got when something is not reached', async () => {
    const clock = new VirtualClock(0);
    const tick = () => void clock.after(60_000, tick);
    tick();
    const message = await clock.advanceUntil(() => false, 120_000).catch((error: Error) => error.message);
    expect(message).to.match(/^not reached after 120 s of virtual time: 1 timers wait beyond the limit of 120 s$/);
  });
});
