import { expect } from 'chai';
import { rollingStep, rolloutBounds } from '../../dist/controllers/rollout.js';

describe('rollout arithmetic', () => {
  it('reads whole numbers and percentages, surge rounded up and unavailable down', () => {
    expect(rolloutBounds(10, 2, 3)).to.deep.equal({ surge: 2, unavailable: 3 });
    expect(rolloutBounds(10, '25%', '25%')).to.deep.equal({ surge: 3, unavailable: 2 });
    expect(rolloutBounds(1)).to.deep.equal({ surge: 1, unavailable: 0 });
  });

  it('lets one pod be missing when both are zero, or nothing would ever move', () => {
    expect(rolloutBounds(3, 0, 0)).to.deep.equal({ surge: 0, unavailable: 1 });
    expect(rolloutBounds(3, 0, '10%')).to.deep.equal({ surge: 0, unavailable: 1 });
  });

  it('grows the new set into the surge first and waits', () => {
    const step = rollingStep(4, { surge: 1, unavailable: 0 }, { desired: 0, available: 0 }, [
      { desired: 4, available: 4 },
    ]);
    expect(step).to.deep.equal({ fresh: 1, old: [4] });
  });

  it('shrinks the old set by what the new one has available', () => {
    const step = rollingStep(4, { surge: 1, unavailable: 0 }, { desired: 1, available: 1 }, [
      { desired: 4, available: 4 },
    ]);
    expect(step).to.deep.equal({ fresh: 1, old: [3] });
  });

  it('drops pods of old sets that are unavailable anyway before healthy ones', () => {
    const old = [
      { desired: 2, available: 0 },
      { desired: 2, available: 2 },
    ];
    const step = rollingStep(4, { surge: 0, unavailable: 2 }, { desired: 0, available: 0 }, old);
    expect(step.old).to.deep.equal([0, 2]);
  });

  it('never goes below the minimum, whatever the state it starts from', () => {
    for (let replicas = 1; replicas <= 5; replicas++) {
      for (let surge = 0; surge <= 2; surge++) {
        for (let unavailable = surge === 0 ? 1 : 0; unavailable <= 2; unavailable++) {
          for (let fresh = 0; fresh <= replicas; fresh++) {
            for (let old = 0; old <= replicas + surge - fresh; old++) {
              const step = rollingStep(replicas, { surge, unavailable }, { desired: fresh, available: fresh }, [
                { desired: old, available: old },
              ]);
              const left = Math.min(step.fresh, fresh) + step.old[0]!;
              const before = fresh + old;
              expect(left, JSON.stringify({ replicas, surge, unavailable, fresh, old })).to.be.at.least(
                Math.min(before, replicas - unavailable),
              );
              expect(step.fresh + step.old[0]!).to.be.at.most(Math.max(before, replicas + surge));
            }
          }
        }
      }
    }
  });

  it('comes to its end from every size in finitely many steps', () => {
    const bounds = { surge: 1, unavailable: 0 };
    let fresh = 0;
    let old = 5;
    for (let steps = 0; steps < 20 && (fresh !== 5 || old !== 0); steps++) {
      const step = rollingStep(5, bounds, { desired: fresh, available: fresh }, [{ desired: old, available: old }]);
      fresh = step.fresh;
      old = step.old[0]!;
    }
    expect({ fresh, old }).to.deep.equal({ fresh: 5, old: 0 });
  });
});
