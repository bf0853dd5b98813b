import { expect } from 'chai';
import { account, wasteOf } from './support/soak/ideal-bill.js';
import { soak } from './support/soak/soak-world.js';

describe('a day of the operator, in virtual time', function () {
  this.timeout(300_000);

  // The long one: `npm run soak`.
  it('buys what is needed and nothing else, loses nothing, and never waits without a word: 20 Workspaces in 8 hours', async () => {
    const end = await soak({ workspaces: 20, hours: 8, seed: 2 });
    expect(end.orphans).to.deep.equal([]);
    expect(end.late).to.deep.equal([]);
    expect(end.served).to.be.greaterThan(15);
    const { ideal, beyond } = end.account;
    expect(beyond / ideal, JSON.stringify(end.account)).to.be.lessThan(0.01);
    // Join, devices and the start of a pod have deadlines of 15, 20 and 30 minutes, and a machine takes two to end.
    expect(end.longestInVain).to.be.lessThan(67 * 60);
    const [same, other] = end.upgrades;
    expect(same, 'an upgrade that changes nothing about pods').to.deep.include({ to: 'same pods', replaced: 0 });
    expect(same?.pods).to.be.greaterThan(0);
    expect(other?.replaced, 'an upgrade that changes them').to.equal(other?.pods).and.to.be.greaterThan(0);
  });
});

describe('the ideal bill', () => {
  const needed = (...stretches: readonly (readonly [number, number])[]) =>
    new Map([['one', stretches.map(([from, to]) => ({ from: from * 1000, to: to * 1000 }))]]);
  const paid = (...stretches: readonly (readonly [number, number, boolean?])[]) =>
    new Map([['one', stretches.map(([from, to, served = true]) => ({ from: from * 1000, to: to * 1000, served }))]]);

  it('is met by a machine that is there as long as it is needed', () => {
    const sum = account(needed([10, 110]), paid([10, 110]));
    expect(sum).to.deep.equal({ ideal: 100, paid: 100, beyond: 0, bad: 0, missing: 0 });
    expect(wasteOf(sum)).to.equal(0);
  });

  it('is exceeded by a machine that stays too long, also where it came too late', () => {
    const sum = account(needed([10, 110]), paid([20, 120]));
    expect(sum).to.deep.include({ beyond: 10, missing: 10 });
    expect(wasteOf(sum)).to.equal(0.1);
  });

  it('is exceeded by a second machine at the same time', () => {
    expect(account(needed([0, 100]), paid([0, 100], [40, 70]))).to.deep.include({ beyond: 30, missing: 0 });
  });

  it('allows two machines where one takes over from the other', () => {
    expect(account(needed([0, 60], [40, 100]), paid([0, 60], [40, 100]))).to.deep.include({ beyond: 0, missing: 0 });
  });

  it('counts a machine that came to nothing as wasted, although one was needed', () => {
    const sum = account(needed([0, 100]), paid([0, 15, false], [20, 100]));
    expect(sum).to.deep.include({ bad: 15, beyond: 0, missing: 20 });
    expect(wasteOf(sum)).to.equal(0.15);
  });

  it('counts all that was paid for nobody', () => {
    const sum = account(new Map(), new Map([['(nobody)', [{ from: 0, to: 5000, served: true }]]]));
    expect(sum).to.deep.include({ beyond: 5, ideal: 0 });
    expect(wasteOf(sum)).to.equal(1);
  });
});
