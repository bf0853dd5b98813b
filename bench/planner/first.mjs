// In a process of its own: the first admission after the operator was composed (`warm`), or without that (`cold`). Prints milliseconds.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readQuickStart } from './quick-start.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const core = await import(`${root}/packages/core/dist/index.js`);
const workspace = core.workspaceFrom(readQuickStart(root));
let compose = 0;
if (process.argv[2] === 'warm') {
  const { installPlugins, kaitoOperator, operatorConfig } = await import(`${root}/packages/operator/dist/index.js`);
  const from = createRequire(import.meta.url).resolve(`${root}/packages/operator/dist/index.js`);
  const installed = await installPlugins(
    operatorConfig({ provisioner: 'karpenter' }, 'the bench'),
    from,
    core.systemClock,
  );
  const transport = { request: () => Promise.reject(new Error('the bench has no cluster')) };
  const started = performance.now();
  kaitoOperator({ installed, transport, clock: core.systemClock, random: Math.random });
  compose = performance.now() - started;
}
const started = performance.now();
core.admitWorkspace(workspace);
const first = performance.now() - started;
// The operator that was composed would keep the process up.
process.stdout.write(`${JSON.stringify({ compose, first })}\n`, () => process.exit(0));
