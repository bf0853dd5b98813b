import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { ROOT } from '../dist/workspaces.js';

const program = join(ROOT, 'tools/typedoc/run.mjs');

interface Run {
  readonly code: number;
  readonly said: string;
}

function node(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, maxBuffer: 16 * 1024 * 1024, env: { ...process.env, NO_COLOR: '1' } };
    execFile(process.execPath, args, options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, said: out + err }),
    );
  });
}

describe('the reference of the API that npm run docs:api makes', function () {
  this.timeout(600_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-api-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has every public export with its docstring, and no link that leads nowhere', async () => {
    const { code, said } = await node(program, join(folder, 'api'));
    expect(said).to.not.match(/warning|error/i);
    expect(code).to.equal(0);
    const page = join(folder, 'api/interfaces/core_src.NodeProvisioner.html');
    expect(existsSync(page), page).to.equal(true);
    expect(readFileSync(page, 'utf8')).to.include('Gets paid nodes and gives them back');
  });

  it('fails over an export without a docstring, and over a link that leads nowhere', async () => {
    writeFileSync(
      join(folder, 'index.ts'),
      'export interface Undocumented { readonly a: string }\n/** See {@link Nowhere}. */\nexport const linked = 1;\n',
    );
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { noEmit: true, types: [], skipLibCheck: true }, include: ['index.ts'] }),
    );
    const [entry, out, tsconfig] = ['index.ts', 'other', 'tsconfig.json'].map((name) => join(folder, name));
    const script = `import { documentApi } from ${JSON.stringify(pathToFileURL(program).href)};
      process.exitCode = await documentApi([${JSON.stringify(entry)}], ${JSON.stringify(out)}, ${JSON.stringify(tsconfig)});`;
    const { code, said } = await node('--input-type=module', '--eval', script);
    expect(code).to.equal(1);
    expect(said)
      .to.match(/Undocumented.*does not have any documentation/)
      .and.to.match(/Nowhere/);
    expect(existsSync(join(folder, 'other'))).to.equal(false);
  });
});
