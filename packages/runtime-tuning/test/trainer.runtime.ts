import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ggufToFolder, tinyModelPath } from '@kaito-sdk/inference-server';
import { expect } from 'chai';

const trainer = fileURLToPath(new URL('../trainer', import.meta.url));

/** The tests of the Python program, on the tiny model. Needs its environment: KAITO_TRAINER. */
describe('the training program', function () {
  this.timeout(600_000);
  this.slow(120_000);

  it('passes its own tests', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaito-trainer-'));
    try {
      await ggufToFolder(tinyModelPath, folder);
      const python = join(process.env.KAITO_TRAINER ?? '', 'bin', 'python');
      const run = spawn(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'], {
        cwd: trainer,
        env: { ...process.env, KAITO_TINY_MODEL: folder, PYTHONDONTWRITEBYTECODE: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      for await (const piece of run.stdout) said += piece;
      const code = run.exitCode ?? (await new Promise((resolve) => run.once('exit', resolve)));
      expect(code, said).to.equal(0);
      expect(said).to.match(/\d+ passed/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
