import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { guides, ROOT } from './support/pages.js';

const scriptsIn = (file: string) =>
  (JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { scripts: Record<string, string> }).scripts;
const scripts = scriptsIn('package.json');
/** Of a project that `kaito create` has made. */
const made = scriptsIn('packages/operator/templates/operator/package.json');

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

  it('take the files that a user names where he typed them, in whatever folder of the repository', async () => {
    expect(['start', 'kaito'].map((name) => /bootstrap\.mjs --here /.test(scripts[name] ?? ''))).to.deep.equal([
      true,
      true,
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'kaito-bootstrap-'));
    const program = join(folder, 'program.mjs');
    writeFileSync(program, 'console.log(process.cwd());');
    try {
      const out = await new Promise<string>((resolve) => {
        const env = { ...process.env, INIT_CWD: folder };
        execFile('node', [join(ROOT, 'tools/bootstrap.mjs'), '--here', program], { env, cwd: ROOT }, (_error, out) =>
          resolve(out),
        );
      });
      expect(out.trim()).to.equal(realpathSync(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('install the dependencies', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'kaito-install-'));
      for (const name of ['tools', 'bin', 'packages', 'e2e', 'release', 'docs']) mkdirSync(join(folder, name));
      copyFileSync(join(ROOT, 'tools/bootstrap.mjs'), join(folder, 'tools/bootstrap.mjs'));
      for (const name of ['package.json', 'package-lock.json']) writeFileSync(join(folder, name), '{}');
      program('tsc', '');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const at = (name: string) => join(folder, 'node_modules', name);
    function program(name: string, script: string): void {
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    function bootstrap(): Promise<{ readonly code: unknown; readonly err: string }> {
      const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
      return new Promise((resolve) => {
        execFile('node', [join(folder, 'tools/bootstrap.mjs')], { env }, (error, _out, err) =>
          resolve({ code: error === null ? 0 : error.code, err }),
        );
      });
    }

    it('once', async () => {
      program('npm', 'mkdir node_modules/whole');
      expect((await bootstrap()).code).to.equal(0);
      expect([existsSync(at('whole')), existsSync(at('.kaito-installing'))]).to.deep.equal([true, false]);
      program('npm', 'exit 3');
      expect((await bootstrap()).code).to.equal(0);
    });

    it('from nothing after an install that was killed: npm would take a half package for a whole one', async () => {
      program('npm', 'mkdir node_modules/half; kill -9 $PPID');
      await bootstrap();
      expect(existsSync(at('half'))).to.equal(true);
      program('npm', 'test ! -e node_modules/half && mkdir node_modules/whole');
      const { code, err } = await bootstrap();
      expect([code, existsSync(at('whole')), existsSync(at('.kaito-installing'))]).to.deep.equal([0, true, false]);
      expect(err).to.match(/^The last install did not come to its end: removing what it left/);
    });

    it('one at a time', async () => {
      mkdirSync(join(folder, 'node_modules'));
      writeFileSync(at('.kaito-installing'), String(process.pid));
      const { code, err } = await bootstrap();
      expect(code).to.equal(1);
      expect(err).to.match(new RegExp(`^Process ${process.pid} installs the dependencies here: wait until it has`));
    });
  });

  it('are there, where a page names one', () => {
    const missing = guides().flatMap(({ file, text }) =>
      [...text.matchAll(/\bnpm run ([a-z][a-z0-9:-]*)/g)]
        .map(([, name = '']) => name)
        .filter((name) => scripts[name] === undefined && made[name] === undefined)
        .map((name) => `${file}: npm run ${name}`),
    );
    expect(missing).to.deep.equal([]);
  });
});
