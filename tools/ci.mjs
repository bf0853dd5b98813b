// Runs every tier of checks, all of them even when one fails, and ends with one line: "N passed, N failed".
// A tier with a test runner counts its tests; any other tier counts as one check.
import { execFileSync, spawn } from 'node:child_process';

/** Milliseconds for all tiers together: what hangs must not take the result of the others with it. */
const LIMIT_MS = 80 * 60_000;

/** mocha's own summary: "  12 passing (3s)" and "  1 failing". */
function mochaCounts(output) {
  const count = (word) => Number(new RegExp(`^\\s+(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
  return { passed: count('passing'), failed: count('failing') };
}

const tiers = [
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'types', command: ['npm', 'run', '--silent', 'build'] },
  { name: 'unit and integration', command: ['npm', 'test', '--silent'], counts: mochaCounts },
  { name: 'real control plane', command: ['npm', 'run', '--silent', 'test:e2e'], counts: mochaCounts },
  { name: 'real tuning and serving', command: ['npm', 'run', '--silent', 'test:runtime'], counts: mochaCounts },
  { name: 'packages', command: ['npm', 'run', '--silent', 'test:packages'], counts: mochaCounts },
  { name: 'real registry', command: ['npm', 'run', '--silent', 'test:registry'], counts: mochaCounts },
  {
    name: 'kubectl against the quick start',
    command: ['npm', 'run', '--silent', 'test:kubectl'],
    env: () => ({ KUBECTL: controlPlane().kubectl }),
    counts: mochaCounts,
  },
  { name: 'quick start', command: ['npm', 'start', '--silent', '--', '--once', '--node-delay', '1s'] },
];

/** The programs that the control plane tier has built: a new machine has no kubectl of its own. */
function controlPlane() {
  return JSON.parse(execFileSync('node', ['tools/controlplane/build.mjs', '--json'], { encoding: 'utf8' }));
}

let running;

/** Ends the tier that runs, and with it the programs that it has started. */
function kill() {
  if (running?.pid === undefined) return;
  try {
    if (process.platform === 'win32') running.kill();
    else process.kill(-running.pid, 'SIGKILL');
  } catch {
    // It has ended just now.
  }
}

function run([command, ...args], env, timeoutMs) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      detached: process.platform !== 'win32',
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    running = child;
    const timer = setTimeout(() => {
      process.stdout.write(`\nThe ${LIMIT_MS / 60_000} minutes of all tiers are over, and this one has not ended.\n`);
      kill();
      done({ ok: false, output });
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        process.stdout.write(text);
      });
    }
    const done = (result) => {
      clearTimeout(timer);
      if (running === child) running = undefined;
      resolve(result);
    };
    child.on('error', (error) => done({ ok: false, output: `${output}${error.message}` }));
    child.on('close', (code) => done({ ok: code === 0, output }));
  });
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    kill();
    process.exit(1);
  });
}

const began = performance.now();
const total = { passed: 0, failed: 0 };
const summary = [];
for (const tier of tiers) {
  process.stdout.write(`\n=== ${tier.name}: ${tier.command.join(' ')}\n`);
  const started = performance.now();
  const { ok, output } = await run(tier.command, tier.env?.(), Math.max(0, LIMIT_MS - (started - began)));
  const counts = tier.counts?.(output) ?? { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  // A runner that dies, or that finds no test, has failed whatever it counted.
  if (!ok && counts.failed === 0) counts.failed = 1;
  if (ok && counts.passed === 0) counts.failed += 1;
  total.passed += counts.passed;
  total.failed += counts.failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  summary.push(`${tier.name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
}
process.stdout.write(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);
