import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import { run, said } from '../dist/command.js';
import { copiedSources, instructionsOf } from '../dist/dockerfile.js';
import { sizeOf } from '../dist/install-tree.js';
import { ROOT } from '../dist/workspaces.js';

const images = join(ROOT, 'packages/runtime-tuning/images');
const tools = instructionsOf(join(images, 'tuning-tools.Dockerfile'));

/** No container engine is at hand: the steps are run in a folder, and what starts there is what would start in the image. */
describe('the images of tuning', () => {
  for (const [name, context] of [
    ['tuning-tools.Dockerfile', ROOT],
    ['trainer.Dockerfile', join(ROOT, 'packages/runtime-tuning')],
  ] as const) {
    it(`are described by files that a linter passes, and copy what is there: ${name}`, () => {
      const file = join(images, name);
      const problems = validate(readFileSync(file, 'utf8'), { deprecatedMaintainer: ValidationSeverity.ERROR });
      expect(problems.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).to.deep.equal([]);
      const sources = copiedSources(instructionsOf(file));
      expect(sources).not.to.be.empty;
      expect(sources.filter((source) => !existsSync(join(context, source)))).to.deep.equal([]);
    });

    it(`run as the user whose number the pods name: ${name}`, () => {
      const instructions = instructionsOf(join(images, name));
      expect(instructions.findLast(({ word }) => word === 'USER')?.rest).to.equal('1000:1000');
    });
  }

  it('are published with a release under the names that the planner renders', () => {
    const release = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
    for (const file of ['tuning-tools.Dockerfile', 'trainer.Dockerfile']) expect(release).to.contain(file);
    expect(release).to.contain('PINS=requirements-volta.txt');
  });
});

describe('the tree of the tuning-tools image', () => {
  let folder: string;
  let app: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-tools-'));
    app = join(folder, 'app');
    await said(process.execPath, ['release/dist/install-tree-main.js', '@kaito-sdk/runtime-tuning', app], ROOT);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What `kaito-tuning` on the image's path leads to. */
  const program = () => {
    const link = tools.find(({ rest }) => rest.startsWith('ln -s '))?.rest.split(' ') ?? [];
    expect(link[3]).to.equal('/usr/local/bin/kaito-tuning');
    return (link[2] ?? '').replace('/app/', `${app}/`);
  };
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  it('is filled by the commands that are run here', () => {
    const runs = tools.filter(({ word }) => word === 'RUN').map(({ rest }) => rest);
    expect(runs).to.include('node release/dist/install-tree-main.js @kaito-sdk/runtime-tuning /app');
    expect(tools.map(({ word, rest }) => `${word} ${rest}`)).to.include('COPY --from=build --chown=0:0 /app /app');
  });

  it('starts its program with nothing around it', async () => {
    expect(readFileSync(program(), 'utf8')).to.match(/^#!\/usr\/bin\/env node\n/);
    const { code, err } = await run(process.execPath, [program()], folder, { NODE_PATH: '' });
    expect(code).to.equal(64);
    expect(err).to.contain('Usage: kaito-tuning');
  });

  it('reads data there, compressed parquet too', async () => {
    const task = {
      input: { volume: true },
      method: 'lora',
      model: { preset: 'phi', repository: 'microsoft/phi' },
      privateDataUrls: false,
      plainHttpRegistries: false,
    };
    put('root/mnt/kaito/task.json', JSON.stringify(task));
    put('root/mnt/config/training_config.yaml', 'training_config: {}');
    mkdirSync(join(folder, 'root/mnt/data'), { recursive: true });
    const parquet = join(ROOT, 'packages/runtime-tuning/test/fixtures/chat.parquet');
    copyFileSync(parquet, join(folder, 'root/mnt/data/chat.parquet'));
    const env = { NODE_PATH: '', KAITO_TUNING_ROOT: join(folder, 'root'), TERMINATION_LOG: join(folder, 'words') };
    const { code, out } = await run(process.execPath, [program(), 'fetch'], folder, env);
    expect(code).to.equal(0);
    expect(out).to.match(/1 file with \d+ rows of messages/);
  });

  it('is one tree for every platform, and holds nothing that only a build needs', () => {
    const entries = readdirSync(app, { recursive: true, withFileTypes: true });
    expect(entries.filter(({ name }) => /\.(node|so|dylib|dll|exe|map|d\.ts)$/.test(name))).to.deep.equal([]);
    expect(entries.filter((entry) => lstatSync(join(entry.parentPath, entry.name)).isSymbolicLink())).to.deep.equal([]);
    expect(sizeOf(app)).to.be.lessThan(60e6);
  });
});
