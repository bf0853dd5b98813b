import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createCommand } from '../dist/commands/create.js';
import { LIBRARIES, SCAFFOLDS, scaffold, TOOLS } from '../dist/scaffold.js';
import { runCommand } from './support/run-command.js';

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));

/** That their tests pass as they come out is shown from the packed packages, by `npm run test:packages`. */
describe('what kaito create writes', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-create-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const kind of SCAFFOLDS) {
    it(`for a ${kind} is a package with tests, and no word of a template left in it`, () => {
      const home = join(folder, kind);
      const files = scaffold(kind, `@acme/my.${kind}`, home).map((file) => file.slice(home.length + 1));
      expect(files).to.include.members(['package.json', 'tsconfig.json', 'README.md', '.gitignore']);
      expect(files.filter((file) => file.startsWith('test/'))).not.to.deep.equal([]);
      for (const file of files) expect(readFileSync(join(home, file), 'utf8'), file).not.to.match(/__[A-Z]+__/);
      const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
      expect(manifest.name).to.equal(`@acme/my.${kind}`);
      expect(manifest.devDependencies).to.include(TOOLS);
    });
  }

  it('is built and tested with the versions that this repository is', () => {
    expect(read('package.json').devDependencies).to.include(TOOLS);
    expect(LIBRARIES).to.deep.equal({
      __CLASS_VALIDATOR__: read('packages/core/package.json').dependencies['class-validator'],
      __YAML__: read('packages/operator/package.json').dependencies.yaml,
    });
  });

  it('is followed by what to do next: test it, then run it here, or bring it into a cluster', async () => {
    const { out } = await runCommand(createCommand, 'operator', 'greeter', '--folder', join(folder, 'next'));
    expect(out).to.match(
      /\nNext: cd \S+next && npm install && npm test\nThen: npm start .*kubectl apply -f deploy\/ .*\n$/,
    );
  });

  it('is never written over anything', () => {
    const home = join(folder, 'operator');
    const before = readdirSync(home);
    expect(() => scaffold('runtime', 'x', home)).to.throw(/is there already and not empty/);
    expect(readdirSync(home)).to.deep.equal(before);
  });

  for (const name of ['', 'Upper', '@acme', '../up', 'a b', '@a/b/c']) {
    it(`is refused for the name "${name}"`, () => {
      expect(() => scaffold('runtime', name, join(folder, 'never'))).to.throw(/cannot be the name of an npm package/);
    });
  }
});
