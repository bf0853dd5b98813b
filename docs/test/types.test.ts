import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { everyPage, ROOT } from './support/pages.js';

/** Beside the packages, so that imports resolve as for a reader who has installed them. */
const FOLDER = join(ROOT, 'docs', 'dist-test', 'typed');
const FLAGS = [
  '--noEmit',
  '--strict',
  '--target',
  'es2023',
  '--lib',
  'es2023',
  '--module',
  'nodenext',
  '--types',
  'node,mocha',
  '--skipLibCheck',
  '--experimentalDecorators',
];

describe('the TypeScript of the documentation', () => {
  const blocks = everyPage().flatMap((page) => page.blocks.filter(({ language }) => language === 'ts'));
  let said: string;

  before(async function () {
    this.timeout(60_000);
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER);
    for (const [index, { at, text, marks }] of blocks.entries()) {
      // What a reader has already, for whom the page shows the rest: <!-- given: … --> before the block.
      writeFileSync(file(index), `// ${at}\n${marks.given ?? ''}\n${text}\nexport {};\n`);
    }
    writeFileSync(file(-1), `import { nothing } from '@kaito-sdk/core';\nexport const wrong: number = 'text';\n`);
    said = await tsc([...blocks.keys(), -1].map(file));
  });
  after(() => rmSync(FOLDER, { recursive: true, force: true }));

  for (const [index, { at }] of blocks.entries()) {
    it(`compiles: ${at}`, () => expect(errorsOf(index)).to.deep.equal([]));
  }

  it('would not compile with a wrong name or type', () => {
    expect(errorsOf(-1).join())
      .to.match(/nothing/)
      .and.to.match(/not assignable/);
  });

  const file = (index: number): string => join(FOLDER, `block-${index}.ts`);
  const errorsOf = (index: number): readonly string[] =>
    said
      .split('\n')
      .filter((line) => line.includes(`/block-${index}.ts(`))
      .map((line) => line.replace(/^.*block-/, 'block-'));
});

function tsc(files: readonly string[]): Promise<string> {
  const program = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [program, '--ignoreConfig', ...FLAGS, ...files], { cwd: ROOT }, (_, out, err) =>
      resolve(out + err),
    );
  });
}
