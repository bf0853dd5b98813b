import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const folder = new URL('.', import.meta.url);
const page = readFileSync(new URL('../../../../docs/reference/devcluster.md', import.meta.url), 'utf8');

/** The titles of all cases, with a mark for those that a real server cannot be asked. */
function titles(): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.cases.js'));
  return files.flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/\b(it|ownOnly)\((['"])(.+?)\2, /g)].map(
      ([, how, , title]) => `${title}: ${how === 'it' ? 'equal' : 'devcluster only'}`,
    ),
  );
}

describe('the page about conformance', () => {
  const rows = [...page.matchAll(/^\| (\d*) ?\| (.+) \| (equal|devcluster only) \|$/gm)];

  it('lists each case there is, and no other', () => {
    const listed = rows.map(([, number, title, result]) => `${number === '' ? '' : `${number}: `}${title}: ${result}`);
    expect(listed.sort()).to.deep.equal(titles().sort());
    expect(page).to.contain(`${listed.length} cases`);
  });

  it('leaves none of the 75 numbers out', () => {
    const numbers = new Set(rows.map(([, number]) => Number(number)));
    for (let number = 1; number <= 75; number++) expect([...numbers], `case ${number}`).to.include(number);
  });
});
