import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { apiReport, entryPoints } from '../dist/api-report.js';
import { publishedPackages } from '../dist/workspaces.js';

const reports = new URL('../../docs/api/', import.meta.url);
const update = process.env.UPDATE_GOLDEN === '1';

describe('the public API', () => {
  const all = publishedPackages().flatMap((one) => entryPoints(one).map((entry) => ({ one, entry })));

  for (const { one, entry } of all) {
    it(`of ${entry.id} is what its report says, so that a change of it is seen in review`, () => {
      const file = new URL(`${entry.id}.api.md`, reports);
      const report = apiReport(one, entry);
      expect(report).to.match(/^## API Report/);
      if (update) writeFileSync(file, report);
      const stored = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (report !== stored) {
        const [had, has] = [new Set(stored.split('\n')), new Set(report.split('\n'))];
        const gone = [...had].filter((line) => !has.has(line)).map((line) => `- ${line}`);
        const come = [...has].filter((line) => !had.has(line)).map((line) => `+ ${line}`);
        const shown = [...gone, ...come].slice(0, 40).join('\n');
        throw new Error(
          `the public API of ${entry.id} changed; if that is meant, store it with UPDATE_GOLDEN=1 npm run test:packages:\n${shown}`,
        );
      }
    });
  }

  it('has a report for nothing that is gone', () => {
    const known = new Set(all.map(({ entry }) => `${entry.id}.api.md`));
    const stale = readdirSync(reports).filter((file) => !known.has(file));
    if (update) for (const file of stale) rmSync(new URL(file, reports));
    else expect(stale).to.deep.equal([]);
  });
});
