import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { golden } from '../../packages/operator/dist-test/support/planning.js';
import { benches, benchmarksPage, claimOf, resultOf } from './support/benchmarks.js';
import { guides, ROOT } from './support/pages.js';

describe('the benchmarks', () => {
  for (const bench of benches()) {
    it(`say what they are asked, and what was found last, or why nothing: ${bench}`, async () => {
      const claim = await claimOf(bench);
      expect(claim, `bench/${bench}/claim.mjs`).to.include.keys('question', 'conditions', 'rows');
      expect(claim?.question).to.match(/\?$/);
      const result = resultOf(bench);
      if (result === undefined) throw new Error(`bench/results/${bench}.json: npm run bench -- ${bench} --record`);
      if (result.measured === undefined) {
        expect(result.never).to.match(/^\S.+\.$/);
        return;
      }
      expect(result.measured.on).to.match(/^\d{4}-\d{2}-\d{2}$/);
      expect(result.measured).to.include.keys('machine', 'load');
      expect(result.rows).not.to.be.empty;
      for (const { what, ours } of result.rows ?? []) expect(ours, what).not.to.equal(undefined);
    });
  }

  it('stand on one page, made from their results', async () => {
    golden(pathToFileURL(join(ROOT, 'docs/reference/benchmarks.md')) as URL, await benchmarksPage());
  });

  it('are kept by the command, with date and machine', async function () {
    this.timeout(180_000);
    const folder = mkdtempSync(join(tmpdir(), 'kaito-bench-'));
    try {
      const args = [join(ROOT, 'tools/bench.mjs'), 'planner', '--runs', '1', '--record', '--load', 'the tests'];
      await promisify(execFile)(process.execPath, args, {
        env: { ...process.env, BENCH_RESULTS: folder, BENCH_ROUNDS: '20' },
      });
      const kept = resultOf('planner', folder);
      expect(kept?.measured).to.include({ load: 'the tests', runs: 1 });
      expect(kept?.rows?.map(({ what }) => what)).to.deep.equal(resultOf('planner')?.rows?.map(({ what }) => what));
      for (const { what, ours } of kept?.rows ?? []) expect(ours, what).to.be.a('number').least(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that a page names are there', () => {
    const named = guides().flatMap(({ file, text }) =>
      [...text.matchAll(/npm run bench -- ([a-z][a-z-]*)/g)].map(([, name = '']) => `${file}: ${name}`),
    );
    expect(named.filter((each) => !benches().includes(each.split(': ')[1] ?? ''))).to.deep.equal([]);
  });

  it('and not the other pages, hold what was measured against a clock', () => {
    const page = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const clocked = /\b\d[\d,.]* (?:ms|milliseconds|a second|times (?:as fast|faster))\b/;
    for (const line of page.split('\n')) if (clocked.test(line)) expect(line).to.include('benchmarks.md');
  });
});
