import { expect } from 'chai';
import { corpus, fuzz } from './fuzz.js';
import { targets } from './targets/index.js';

/** Another seed is for `npm run fuzz:input`. */
const SEED = 20_261_130;

describe('hostile input', function () {
  this.timeout(60_000);

  it('has every case that was ever found, each for a target that there is', () => {
    const names = new Set(targets.map(({ name }) => name));
    for (const { file, target, found } of corpus()) {
      expect(names.has(target), file).to.equal(true);
      expect(found, file).to.match(/\w/);
    }
  });

  for (const target of targets) {
    describe(target.name, () => {
      before(() => target.start?.());
      after(() => target.stop?.());

      for (const { file, found, input } of corpus().filter((one) => one.target === target.name)) {
        it(`${file} is taken or refused, and nothing else: ${found}`, () => target.run(input as never));
      }

      it('is taken or refused, without a crash, a secret or an end that never comes', async () => {
        const found = await fuzz(target, SEED, target.runs ?? 200);
        if (found) {
          const input = JSON.stringify(found.input);
          found.error.message += `\nseed ${SEED}, input ${input.length > 2000 ? `${input.slice(0, 2000)}…` : input}`;
          throw found.error;
        }
      });
    });
  }
});
