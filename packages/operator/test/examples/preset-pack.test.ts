import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const example = join(root, 'examples', 'preset-pack');

/** Runs the command as its user would, in the folder of the configuration. */
function kaito(folder: string, args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'packages/operator/dist/main.js'), ...args], { cwd: folder });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('the example of a preset pack', function () {
  this.timeout(30_000);
  let folder: string;
  const config = (pack: string): string =>
    `plugins: ["@kaito-sdk/provider-aks", "@kaito-sdk/provider-karpenter", "@kaito-sdk/runtime-inference", "${pack}"]\nprovisioner: karpenter\n`;

  before(async () => {
    // As if installed by npm beside a user's configuration.
    folder = await mkdtemp(join(tmpdir(), 'kaito-preset-pack-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(root, 'node_modules', '@kaito-sdk'), join(folder, 'node_modules', '@kaito-sdk'));
    cpSync(example, join(folder, 'node_modules', 'example-preset-pack'), { recursive: true });
    await writeFile(join(folder, 'kaito.yaml'), config('example-preset-pack'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is under 30 lines', () => {
    expect(readFileSync(join(example, 'pack.mjs'), 'utf8').trimEnd().split('\n').length).to.be.below(30);
  });

  it('gives its model a name that is listed', async () => {
    const { code, out, err } = await kaito(folder, ['models', '--config', 'kaito.yaml']);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(/^tinyllama-chat +2048 +2\.05 GiB +22528 B .*Apache-2\.0 +no pinned commit/m);
  });

  it('is planned for, on the cheapest machine', async () => {
    const { code, out } = await kaito(folder, [
      'plan',
      '--models',
      'tinyllama-chat',
      '--config',
      'kaito.yaml',
      '-o',
      'json',
    ]);
    expect(code).to.equal(0);
    const [best] = JSON.parse(out);
    expect(best).to.deep.include({ model: 'tinyllama-chat', runtime: 'vllm', context: 2048, fits: true });
  });

  it('is refused by the field when its publisher makes a mistake', async () => {
    const broken = join(folder, 'node_modules', 'broken-pack');
    cpSync(example, broken, { recursive: true });
    const source = readFileSync(join(broken, 'pack.mjs'), 'utf8');
    await writeFile(
      join(broken, 'pack.mjs'),
      source.replace("'example-preset-pack'", "'broken-pack'").replace("repository: 'TinyLlama/", "repository: '"),
    );
    await writeFile(join(folder, 'broken.yaml'), config('broken-pack'));
    const { code, err } = await kaito(folder, ['models', '--config', 'broken.yaml']);
    expect(code).to.equal(1);
    expect(err).to.match(
      /preset pack "example" of broken-pack is not valid: models\[0\] \(tinyllama-chat\)\.weights\.repository: repository must be written as org\/name/,
    );
    expect(err).to.match(/\(PRESET_PACK_INVALID\)\n$/);
  });
});
