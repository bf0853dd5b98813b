// Installs the programs of the runtime tier, once, and runs its tests: packages/*/dist-test/**/*.runtime.js and those of the docs.
//
//     node tools/runtime/run.mjs [SPEC ...]
//
// Each program is handed to the tests as a variable: KAITO_TRAINER is the folder of the Python environment of tuning, KAITO_TRAINER_VOLTA that
// with the pins for older GPUs, KAITO_OLD_PEFT the libraries of KAITO's own images, KAITO_REGISTRY_PROGRAMS the folder of the registry, KAITO_VLLM
// that of vLLM. One that is set already is taken as it is.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');

const environments = {
  KAITO_TRAINER: [join(here, 'install-trainer.sh')],
  KAITO_TRAINER_VOLTA: [join(here, 'install-trainer.sh'), 'requirements-volta.txt'],
  KAITO_OLD_PEFT: [join(here, 'install-old-peft.sh')],
  KAITO_REGISTRY_PROGRAMS: [join(root, 'packages', 'oci', 'test', 'registry-programs.sh')],
  KAITO_VLLM: [join(here, 'install-vllm.sh')],
};

const env = { ...process.env };
for (const [variable, command] of Object.entries(environments)) {
  if (env[variable] === undefined) {
    const started = performance.now();
    env[variable] = execFileSync('bash', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
    console.log(`${variable}=${env[variable]} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  }
}

const specs =
  process.argv.length > 2
    ? process.argv.slice(2)
    : ['packages/*/dist-test/**/*.runtime.js', 'docs/dist-test/**/*.runtime.js'];
// Python starts slowly on a busy machine: a test may take minutes, and none asserts a time.
const end = join(root, 'tools', 'mocha-end.mjs');
const options = ['--no-config', '--require', end, '--forbid-only', '--forbid-pending', '--timeout', '600000'];
const mocha = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'mocha.cmd' : 'mocha');
process.exit(spawnSync(mocha, [...options, ...specs], { cwd: root, env, stdio: 'inherit' }).status ?? 1);
