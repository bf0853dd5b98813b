import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const root = new URL('../../../', import.meta.url);
const guide = readFileSync(new URL('docs/guides/aks.md', root), 'utf8');
const rows = guide
  .slice(guide.indexOf('| duty | shown by |'))
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

/** The files that a row names, each with the titles that stand behind it. */
function shown(cell: string): readonly { readonly file: string; readonly titles: readonly string[] }[] {
  return cell
    .split('`')
    .slice(1)
    .flatMap((part, index, parts) => {
      if (index % 2 === 1 || !part.endsWith('.test.ts')) return [];
      const behind = /^: (.*)$/.exec((parts[index + 1] ?? '').replace(/ \(.*$/, ''))?.[1] ?? '';
      return [{ file: part, titles: behind.split('; ').filter((title) => title.trim() !== '') }];
    });
}

describe('the duties of the AKS guide', () => {
  it('are many, each with what shows it', () => {
    expect(rows.length).to.be.greaterThan(20);
    for (const [duty = '', cell = ''] of rows) expect(cell, duty).to.match(/PROV-\d\d|\.test\.ts|no test runs them/);
  });

  for (const [duty = '', cell = ''] of rows) {
    it(`are shown by tests that there are: ${duty}`, () => {
      for (const { file, titles } of shown(cell)) {
        const path = new URL(file.includes('/') ? file : `packages/provider-aks/test/${file}`, root);
        expect(existsSync(path), file).to.equal(true);
        const source = readFileSync(path, 'utf8');
        for (const title of titles) expect(source, file).to.include(title.trim());
      }
    });
  }
});
