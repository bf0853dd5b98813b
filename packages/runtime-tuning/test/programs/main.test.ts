import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const main = fileURLToPath(new URL('../../dist/programs/main.js', import.meta.url));
const TASK = {
  input: { volume: true },
  method: 'qlora',
  model: { preset: 'phi-3-mini-4k-instruct', repository: 'microsoft/Phi-3-mini-4k-instruct' },
  privateDataUrls: false,
  plainHttpRegistries: false,
};
const SETTINGS = 'training_config: {QuantizationConfig: {load_in_4bit: true}}';
const ROWS = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n';

/** The program as a container starts it, with the places of the container below one folder. */
describe('the program of the tuning-tools image', () => {
  let root: string;
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const run = (...words: readonly string[]) =>
    new Promise<{ code: number; out: string; err: string; words?: { code?: string; message?: string } }>((resolve) => {
      const env = { ...process.env, KAITO_TUNING_ROOT: root, TERMINATION_LOG: join(root, 'last-words') };
      execFile(process.execPath, [main, ...words], { env }, (error, out, err) => {
        const said = existsSync(join(root, 'last-words')) ? readFileSync(join(root, 'last-words'), 'utf8') : undefined;
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, out, err, ...(said === undefined ? {} : { words: JSON.parse(said) }) });
      });
    });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tools-'));
    put('/mnt/kaito/task.json', JSON.stringify(TASK));
    put('/mnt/config/training_config.yaml', SETTINGS);
    put('/mnt/data/train.jsonl', ROWS);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('says how it is used when it is not told what to do', async () => {
    for (const words of [[], ['brew']]) {
      const { code, err } = await run(...words);
      expect(code).to.equal(64);
      expect(err).to.contain('Usage: kaito-tuning check|fetch|push');
    }
  });

  it('leaves what it found in the data for the training and the push, and says it as its last words', async () => {
    const { code, words } = await run('fetch');
    expect(code).to.equal(0);
    expect(words?.message).to.equal('1 file with 1 rows of messages');
    const dataset = JSON.parse(readFileSync(join(root, '/mnt/results/.kaito/dataset.json'), 'utf8'));
    expect(dataset).to.have.length(1);
    expect(dataset[0]).to.include({ name: 'train.jsonl', rows: 1 });
  });

  it('clears away what the training of a lost pod said of itself, and leaves its checkpoints', async () => {
    put('/mnt/results/.kaito/training.json', '{"state": "completed"}');
    put('/mnt/results/.kaito/alive', '');
    put('/mnt/results/.kaito/inputs', 'same');
    put('/mnt/results/checkpoint-10/trainer_state.json', '{}');
    await run('fetch');
    const there = (path: string) => existsSync(join(root, '/mnt/results', path));
    expect([there('.kaito/training.json'), there('.kaito/alive')]).to.deep.equal([false, false]);
    expect([there('.kaito/inputs'), there('checkpoint-10/trainer_state.json')]).to.deep.equal([true, true]);
  });

  it('ends for good over what another try does not mend, with code and words that a condition can tell', async () => {
    put('/mnt/data/train.jsonl', '{"question": "a"}\n');
    const { code, words } = await run('check');
    expect(code).to.equal(2);
    expect(words).to.include({ code: 'COLUMNS_MISSING' });
    expect(words?.message).to.contain('train.jsonl has the columns question');
  });

  it('has nothing to push when the training failed, which its own container tells', async () => {
    put('/mnt/results/.kaito/training.json', '{"state": "failed", "code": "OUT_OF_MEMORY"}');
    const { code, out } = await run('push');
    expect(code).to.equal(0);
    expect(out).to.contain('there is nothing to push');
  });
});
