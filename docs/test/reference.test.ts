import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { golden } from '../../packages/operator/dist-test/support/planning.js';
import { errorCodes, errorsTable, meaningsOfNothing } from './support/errors-page.js';
import { operatorMetrics, serverMetrics } from './support/metrics-page.js';
import { ROOT } from './support/pages.js';
import { EVENTS, eventsInSources, eventsTable, reasonsTable } from './support/reasons-page.js';
import { wordsOf } from './support/sources.js';

const page = (name: string): URL => pathToFileURL(join(ROOT, 'docs/reference', name)) as URL;

describe('the reference of errors', () => {
  it('has every code that a program may match on, with its words', () =>
    golden(page('errors.md'), errorsTable(), 'codes'));

  it('leaves no code without a meaning, and keeps none that is gone', () => {
    const silent = errorCodes().filter(({ says }) => says === '');
    expect(silent.map(({ code }) => `${code}: say what it means in docs/test/support/errors-page.ts`)).to.deep.equal(
      [],
    );
    expect(meaningsOfNothing()).to.deep.equal([]);
    expect(errorCodes().length).to.be.above(80);
  });

  it('reads messages with holes, alternatives and templates within templates', () => {
    const hole = (code: string) => `$\{${code}}`.replace('\\', '');
    const template = `\`no ${hole('kind')} in ${hole("at === undefined ? 'x' : `namespace`")}; \` +\n 'make one'`;
    expect(wordsOf(template)).to.equal('no … in …; make one');
    expect(wordsOf(`with ? \`${hole('a')} refuses\` : 'it\\'s empty'`)).to.equal("… refuses / it's empty");
  });
});

describe('the reference of reasons and events', () => {
  it('has every reason of a condition, with what to do', () => golden(page('reasons.md'), reasonsTable(), 'reasons'));

  it('has every event', () => {
    golden(page('reasons.md'), eventsTable(), 'events');
    expect(eventsInSources().filter(({ reason }) => EVENTS[reason] === undefined)).to.deep.equal([]);
    const recorded = eventsInSources().map(({ reason }) => reason);
    expect(Object.keys(EVENTS).filter((reason) => !recorded.includes(reason))).to.deep.equal([]);
  });
});

describe('the reference of metrics', () => {
  it('has every series of the operator, from the operator', async () => {
    const table = await operatorMetrics();
    for (const name of ['workqueue_depth', 'leader_election_master_status', 'kaito_tuning_loss'])
      expect(table).to.include(`\`${name}\``);
    golden(page('metrics.md'), table, 'operator');
  });

  it('has every series of the inference server', () => golden(page('metrics.md'), serverMetrics(), 'inference server'));
});
