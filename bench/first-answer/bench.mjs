// How long from the command to the model's answer: the whole way (API server, operator, node, kubelet, Service) beside the bare
// inference server answering the same question, in turns. The ratio is what the Kubernetes way costs on this machine.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const QUESTION = 'What is Kubernetes?';

export async function bench({ runs, say }) {
  const whole = [];
  const bare = [];
  for (let i = 0; i < runs; i++) {
    whole.push(await timeQuickstart());
    bare.push(await timeBareServer());
    say(`run ${i + 1} of ${runs}: manifest to answer ${whole[i]} ms, bare server ${bare[i]} ms`);
  }
  const ratios = whole.map((ms, i) => Number((ms / bare[i]).toFixed(2)));
  return { runs, manifestToAnswerMs: spread(whole), bareServerMs: spread(bare), ratio: spread(ratios) };
}

async function timeQuickstart() {
  const started = performance.now();
  const args = [
    'packages/quickstart/dist/main.js',
    '--once',
    '--node-delay',
    '0',
    '--prompt',
    QUESTION,
    '--output',
    'json',
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  // The answer is printed before the clean-up, which is not part of the time.
  let answered;
  child.stdout.once('data', () => (answered = performance.now()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0 || !JSON.parse(out).answer) throw new Error(`the quick start failed (exit ${code}): ${err}`);
  return Math.round(answered - started);
}

async function timeBareServer() {
  const port = await freePort();
  const started = performance.now();
  const model = join(root, 'packages/inference-server/model/kaito-tiny-phi3.gguf');
  const args = ['packages/inference-server/dist/main.js', '--model', model, '--port', String(port)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore' });
  const closed = new Promise((resolve) => child.on('close', resolve));
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/chat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt: QUESTION, return_full_text: false }),
      }).catch(() => undefined);
      if (answer?.ok && (await answer.json()).Result) return Math.round(performance.now() - started);
      if (child.exitCode !== null) throw new Error(`the inference server ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    child.kill();
    await closed;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) };
}
