import { Desk } from './support/desk.js';
import { typed } from './support/typed.js';

describe('the commands of the documentation, typed where the trainer is installed', function () {
  this.timeout(300_000);
  typed('runtime', (page) => new Desk(page).likeTheRepository());
});
