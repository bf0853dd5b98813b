// QLoRA of the tiny Phi-3 with KAITO's default target layers and with ours, by PEFT directly: layers adapted, loss after the same steps, memory.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ggufToFolder, tinyModelPath } from '@kaito-sdk/inference-server';

const root = fileURLToPath(new URL('../..', import.meta.url));
const trainer = join(root, 'packages', 'runtime-tuning', 'trainer');
const STEPS = 30;

export async function bench({ say }) {
  const environment =
    process.env.KAITO_TRAINER ??
    execFileSync('bash', [join(trainer, 'install.sh')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim();
  const folder = mkdtempSync(join(tmpdir(), 'kaito-bench-'));
  try {
    await ggufToFolder(tinyModelPath, folder);
    const run = (side) => {
      say(`${STEPS} steps with the target layers of ${side} ...`);
      const args = [
        join(root, 'bench/tuning/compare.py'),
        folder,
        join(root, 'examples/fine-tuning/pirate.jsonl'),
        STEPS,
        side,
      ];
      const env = {
        ...process.env,
        PYTHONPATH: trainer,
        PYTHONDONTWRITEBYTECODE: '1',
        HF_HUB_OFFLINE: '1',
        OMP_NUM_THREADS: '1',
      };
      const output = execFileSync(join(environment, 'bin', 'python'), args.map(String), {
        encoding: 'utf8',
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return JSON.parse(output.trim().split('\n').at(-1));
    };
    const [kaito, ours] = [run('kaito'), run('ours')];
    return { steps: STEPS, kaito, ours, lossRatio: Number((ours.lastLoss / kaito.lastLoss).toFixed(3)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
