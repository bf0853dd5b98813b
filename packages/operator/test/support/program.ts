import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `kaito` is, as it is installed. */
export const main = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', 'main.js');

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `kaito` as a process of its own, to its end. */
export function kaito(args: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...environment } });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

/** A manifest of a Workspace called `demo`. */
export const workspace = (instanceType: string, preset = 'phi-3-mini-4k-instruct') => `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata: { name: demo }
resource: { instanceType: ${instanceType}, labelSelector: { matchLabels: { apps: demo } } }
inference: { preset: { name: ${preset} } }
`;

/** A folder for the tests of one `describe`, which goes with them. */
export function temporaryFolder(): () => string {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaito-command-'));
  });
  after(() => rm(folder, { recursive: true }));
  return () => folder;
}
