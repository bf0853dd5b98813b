import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { guides, ROOT } from './support/pages.js';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('the scripts of the repository', () => {
  it('leave it to the bootstrap to start Node: a shell remembers the one that it found before there was the right one', () => {
    expect(
      Object.keys(scripts).filter((name) => /&& node (?!tools\/bootstrap\.mjs)/.test(scripts[name] ?? '')),
    ).to.deep.equal([]);
  });

  it('run a program by the Node that the repository installs, with its arguments, and end as it ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaito-bootstrap-'));
    const program = join(folder, 'program.mjs');
    writeFileSync(program, 'console.log(JSON.stringify([process.execPath, process.argv.slice(2)])); process.exit(7);');
    try {
      const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
        execFile('node', [join(ROOT, 'tools/bootstrap.mjs'), program, '--once', 'a b'], (error, out) =>
          resolve({ code: error?.code, out }),
        );
      });
      expect(code).to.equal(7);
      const [node, args] = JSON.parse(out) as [string, readonly string[]];
      expect(realpathSync(node)).to.equal(realpathSync(join(ROOT, 'node_modules/.bin/node')));
      expect(args).to.deep.equal(['--once', 'a b']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are there, where a page names one', () => {
    const missing = guides().flatMap(({ file, text }) =>
      [...text.matchAll(/\bnpm run ([a-z][a-z0-9:-]*)/g)]
        .map(([, name = '']) => name)
        .filter((name) => scripts[name] === undefined)
        .map((name) => `${file}: npm run ${name}`),
    );
    expect(missing).to.deep.equal([]);
  });
});
