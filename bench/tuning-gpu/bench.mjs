// Peak memory of QLoRA steps of the Phi-3-mini architecture on a GPU, beside what the planner predicts for it. UNVERIFIED: written without a
// GPU at hand and never run. It needs one of at least 8 GiB with its driver, and the trainer's environment.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryAt, tuningMemory } from '@kaito-sdk/core';
import { phi3Mini4kInstruct } from '@kaito-sdk/presets-phi';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TOKENS = 2048;

export async function bench({ say }) {
  const install = join(root, 'packages', 'runtime-tuning', 'trainer', 'install.sh');
  const environment =
    process.env.KAITO_TRAINER ??
    execFileSync('bash', [install], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  const predicted = memoryAt(tuningMemory(phi3Mini4kInstruct.model, { method: 'qlora', dtype: 'bfloat16' }), TOKENS);
  say(`QLoRA of phi-3-mini at ${TOKENS} tokens; the planner predicts ${(predicted / 2 ** 30).toFixed(2)} GiB ...`);
  const output = execFileSync(
    join(environment, 'bin', 'python'),
    [join(root, 'bench', 'tuning-gpu', 'peak.py'), String(TOKENS)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const measured = JSON.parse(output.trim().split('\n').at(-1));
  return { ...measured, predictedBytes: predicted, ratio: Number((measured.usedBytes / predicted).toFixed(3)) };
}
