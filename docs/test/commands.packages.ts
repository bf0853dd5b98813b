import { ServedPackages } from '../../release/dist/served-packages.js';
import { Desk } from './support/desk.js';
import { typed } from './support/typed.js';

describe('the commands of the documentation, typed where only the packages are', function () {
  this.timeout(300_000);
  let served: ServedPackages;
  before(async () => {
    served = await ServedPackages.start();
  });
  after(() => served.stop());

  typed('packages', (page) => new Desk(page).withExamples().npmrc(served.setting, 'ignore-scripts=true', 'yes=true'));
});
