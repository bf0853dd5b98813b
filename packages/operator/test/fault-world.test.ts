import { faultWorld } from './support/fault-world/fault-world.js';

/** More of them: `npm run test:world -- --seeds 10000`. */
const SEEDS = 60;

describe('the fault world, in virtual time', function () {
  this.timeout(120_000);
  for (let first = 0; first < SEEDS; first += 10) {
    it(`leaves no orphan, no idle bill and no false reason behind: seeds ${first} to ${first + 9}`, async () => {
      for (let seed = first; seed < first + 10; seed++) await faultWorld(seed);
    });
  }

  it('names the node that waits for its turn in the cloud: seed 2481', async () => {
    await faultWorld(2481);
  });

  it('says of a node that lost devices which are taken that none is free: seed 9668', async () => {
    await faultWorld(9668);
  });

  it('says of a node that cannot be given back why it was given up, and what comes after it: seed 101521', async () => {
    await faultWorld(101_521);
  });

  it('takes a machine whose model was ready for a moment before a change for one that served: seed 111905', async () => {
    await faultWorld(111_905);
  });

  it('takes what Azure puts off for no machine: seed 956', async () => {
    await faultWorld(956);
  });
});
