import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fateOf, LANGUAGES, scriptsOf } from './support/commands.js';
import { Desk } from './support/desk.js';
import { guides, ROOT } from './support/pages.js';
import { typed } from './support/typed.js';

/** Words that begin a command: a block of such lines is one of commands, whatever it calls itself. */
const PROGRAMS = /^(\$ |npm|npx|node|kaito|kubectl|helm|docker|az|aws|git|curl|python3?|export|source|cd) /;

const pages = guides();

describe('the blocks of the documentation', () => {
  for (const page of pages.filter(({ blocks }) => blocks.length > 0)) {
    it(`say what language they are in: ${page.file}`, () => {
      const wrong = page.blocks.filter(({ language }) => !(LANGUAGES as readonly string[]).includes(language));
      expect(wrong.map(({ at, language }) => `${at}: "${language}" is none of ${LANGUAGES.join(', ')}`)).to.deep.equal(
        [],
      );
      const hidden = page.blocks.filter(
        ({ language, text, marks }) =>
          !['sh', 'console'].includes(language) && marks.file === undefined && PROGRAMS.test(text),
      );
      expect(
        hidden.map(({ at }) => `${at}: commands stand in a block "sh", or "console" with what they print`),
      ).to.deep.equal([]);
    });
  }
});

describe('the commands of the documentation', () => {
  for (const page of pages) {
    it(`are each run by a tier of the tests, or say what they need: ${page.file}`, () => {
      const wrong = page.blocks
        .filter(({ language }) => language === 'sh')
        .map((block) => [block.at, fateOf(block)] as const);
      expect(wrong.flatMap(([at, fate]) => ('wrong' in fate ? [`${at}: ${fate.wrong}`] : []))).to.deep.equal([]);
    });
  }

  it('that are said to be a tier of CI are one', () => {
    const ci = readFileSync(join(ROOT, 'tools', 'ci.mjs'), 'utf8');
    const tiers = [...ci.matchAll(/command: \[(.+?)\]/g)].map(([, words = '']) =>
      [...words.matchAll(/'(.+?)'/g)]
        .map(([, word]) => word)
        .filter((word) => word !== '--silent')
        .join(' '),
    );
    expect(tiers).to.include('npm test');
    const said = pages
      .flatMap((page) => scriptsOf(page, 'ci'))
      .flatMap(({ at, run }) =>
        run
          .trim()
          .split('\n')
          .map((line) => ({ at, line })),
      );
    expect(
      said.filter(({ line }) => !tiers.some((tier) => tier === line || tier.startsWith(`${line} `))),
    ).to.deep.equal([]);
  });

  it('are found wrong when they have no tier, another need, or another command in their place', () => {
    const block = (text: string, marks = {}) => fateOf({ at: 'here', language: 'sh', text, marks });
    expect(block('kaito plan\n')).to.have.nested.property('script.tier', 'npm test');
    expect(block('# needs a cloud\naz login\n')).to.deep.equal({ needs: 'a cloud' });
    expect(block('# needs a friend\ncall\n')).to.have.property('wrong');
    expect(block('kaito plan\n', { run: 'never' })).to.have.property('wrong');
    expect(block('kaito plan\n', { skip: 'yes' })).to.have.property('wrong');
    expect(block('# needs a cloud\naz login\n', { run: 'ci' })).to.have.property('wrong');
    expect(
      block('npm run test:world -- --seeds 9\n', { as: 'npm run test:world -- --seeds 1' }),
    ).to.have.nested.property('script.run', 'npm run test:world -- --seeds 1');
    expect(block('npm run test:world\n', { as: 'npm run lint' })).to.have.property('wrong');
  });
});

describe('the commands of the documentation, typed', function () {
  this.timeout(120_000);
  typed('npm test', (page) => new Desk(page).likeTheRepository());
});
