import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const page = readFileSync(join(root, 'docs/reference/security.md'), 'utf8');

/** The titles of every test and group there is; what a title fills in is left out. */
const titles: readonly string[] = globSync(['packages/*/test/**/*.ts', 'e2e/test/**/*.ts'], { cwd: root })
  .flatMap((file) => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/\b(?:it|describe)\(\s*(['"`])([\s\S]*?)\1,/g),
  ])
  .map(([, , title = '']) => title.replace(/\$\{[^}]*\}/g, ''));

/** The cells of the column that names tests. */
const cells = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('|---'))
  .map((line) => line.split(' | ').at(2) ?? '')
  .filter((cell) => /[*`]/.test(cell));

describe('the page about security', () => {
  it('names a test for each threat', () => {
    const threats = page.split('| threat | what prevents it | test |').slice(1);
    expect(threats.length).to.be.greaterThan(3);
    const rows = threats.flatMap((table) => /^\n\|---.*\n((?:\|.*\n)*)/.exec(table)?.[1]?.trim().split('\n') ?? []);
    for (const row of rows) expect(row.split(' | ').at(2), row).to.match(/`|\*/);
    expect(rows.length).to.be.greaterThan(25);
  });

  it('names tests that there are', () => {
    const named = cells.flatMap((cell) => [...cell.matchAll(/\*([^*]+)\*/g)].map(([, words = '']) => words));
    expect(named.length).to.be.greaterThan(30);
    const missing = named.filter((words) => {
      const parts = words.split('…').map((part) => part.trim().replace(/,$/, ''));
      return !titles.some((title) => parts.every((part) => title.includes(part)));
    });
    expect(missing).to.deep.equal([]);
  });

  it('names files that there are', () => {
    const packages = 'core|operator|oci|e2e|runtime-inference|runtime-tuning';
    const named = cells.flatMap((cell) => [...cell.matchAll(new RegExp(`(${packages})((?: \`[\\w/-]+\`,?)+)`, 'g'))]);
    expect(named.length).to.be.greaterThan(20);
    const files = named.flatMap(([, where = '', list = '']) =>
      [...list.matchAll(/`([\w/-]+)`/g)].map(([, name = '']) =>
        join(root, where === 'e2e' ? 'e2e/test' : `packages/${where}/test`, name),
      ),
    );
    const missing = files.filter((file) => !['.test.ts', '.runtime.ts'].some((end) => existsSync(file + end)));
    expect(missing).to.deep.equal([]);
  });
});
