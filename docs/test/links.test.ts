import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { everyPage, type Page, ROOT, readPage } from './support/pages.js';

describe('the links of the documentation', () => {
  const read = new Map<string, Page>(everyPage().map((page) => [page.file, page]));

  for (const page of read.values()) {
    it(`lead somewhere: ${page.file}`, () => {
      expect(page.links.filter((link) => deadEnd(page, link) !== undefined)).to.deep.equal([]);
    });
  }

  it('lead from the README to every guide and every page of the reference', () => {
    const reached = new Set(['README.md']);
    for (const file of reached) {
      for (const link of read.get(file)?.links ?? []) {
        const target = relative(ROOT, join(ROOT, dirname(file), link.split('#')[0] ?? ''));
        if (read.has(target)) reached.add(target);
      }
    }
    const pages = [...read.keys()].filter((file) => /^docs\/(guides|reference)\//.test(file));
    expect(pages.filter((file) => !reached.has(file))).to.deep.equal([]);
  });

  it('are found dead when the file, the heading or the address is wrong', () => {
    const page = readPage('docs/guides/install.md');
    expect(deadEnd(page, 'aks.md')).to.equal(undefined);
    expect(deadEnd(page, '#the-image')).to.equal(undefined);
    expect(deadEnd(page, 'aks.md#settings')).to.equal(undefined);
    expect(deadEnd(page, 'asks.md')).to.match(/no such file/);
    expect(deadEnd(page, '#the-images')).to.match(/no such heading/);
    expect(deadEnd(page, 'aks.md#setting')).to.match(/no such heading/);
    expect(deadEnd(page, '../../../elsewhere.md')).to.match(/outside/);
    expect(deadEnd(page, 'https://exa mple')).to.match(/no address/);
  });

  /** Why a link leads nowhere. Nothing is fetched: a link to outside is only looked at. */
  function deadEnd(page: Page, link: string): string | undefined {
    if (/^[a-z]+:/.test(link)) return URL.canParse(link) ? undefined : 'no address';
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? page.file : relative(ROOT, join(ROOT, dirname(page.file), path));
    if (file.startsWith('..')) return 'outside of the repository';
    if (!existsSync(join(ROOT, file))) return 'no such file';
    if (anchor === undefined) return undefined;
    if (statSync(join(ROOT, file)).isDirectory() || !file.endsWith('.md'))
      return 'headings are looked for in pages only';
    const target = read.get(file) ?? readPage(file);
    return target.anchors.has(anchor) ? undefined : 'no such heading';
  }
});
