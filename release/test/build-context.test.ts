import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { filesOfContext, layOut } from '../dist/build-context.js';
import { run } from '../dist/command.js';
import { ROOT } from '../dist/workspaces.js';

/** Of the images that are built from the whole repository. */
const IGNORES = [
  'packages/operator/image/Containerfile.dockerignore',
  'packages/runtime-tuning/images/tuning-tools.Dockerfile.dockerignore',
];

describe('what is sent to whoever builds an image', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-context-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const ignore of IGNORES) {
    it(`is enough to build everything: ${ignore}`, async () => {
      layOut(await filesOfContext(join(ROOT, ignore)), folder);
      const built = await run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-b'], folder);
      expect([built.code, built.out, built.err]).to.deep.equal([0, '', '']);
    });

    it(`holds nothing that was built or installed here: ${ignore}`, async () => {
      const files = await filesOfContext(join(ROOT, ignore));
      expect(files).to.include.members([
        'package-lock.json',
        'tools/bootstrap.mjs',
        'release/src/install-tree-main.ts',
      ]);
      expect(files.filter((file) => /(^|\/)(node_modules|dist|dist-test|\.git)\//.test(file))).to.deep.equal([]);
    });
  }
});
