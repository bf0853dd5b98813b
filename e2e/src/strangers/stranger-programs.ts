import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Programs } from '../programs.js';

const KAITO = 'e2e/go/kaito';
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The control plane's programs, and KWOK and Karpenter (with its KWOK provider), which are built on the first call. */
export function kwokAndKarpenter(): Programs & { readonly kwok: string; readonly karpenter: string } {
  const build = join(root, 'tools/controlplane/build.mjs');
  const answer = run(process.execPath, [build, '--with', 'kwok,karpenter', '--json'], root);
  return JSON.parse(answer) as Programs & { readonly kwok: string; readonly karpenter: string };
}

/** The stages that KWOK ships for nodes and pods which are ready at once: a file for each. */
export function kwokStages(): string[] {
  const home = join(goModule('tools/controlplane/kwok', 'sigs.k8s.io/kwok'), 'kustomize/stage');
  return [
    'node/fast/node-initialize',
    'node/heartbeat-with-lease/node-heartbeat-with-lease',
    'pod/fast/pod-ready',
    'pod/fast/pod-complete',
    'pod/fast/pod-delete',
  ].map((stage) => join(home, `${stage}.yaml`));
}

/** The CustomResourceDefinition of what Karpenter's KWOK provider calls a node class. */
export function kwokNodeClassCrd(): string {
  return join(
    goModule('tools/controlplane/karpenter', 'sigs.k8s.io/karpenter'),
    'kwok/apis/crds/karpenter.kwok.sh_kwoknodeclasses.yaml',
  );
}

function goModule(pinnedBy: string, module: string): string {
  const answer = run('go', ['mod', 'download', '-json', module], join(root, pinnedBy));
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

/** Helm's own command, in the version of `e2e/go/helm/go.mod`. */
export function helm(): string {
  return goProgram('helm', join(root, 'e2e/go/helm'), 'helm.sh/helm/v4/cmd/helm');
}

/** KAITO's own operator for Workspaces, in the version of `e2e/go/kaito/go.mod`. */
export function kaitoProgram(): string {
  return goProgram('kaito', join(root, KAITO), 'github.com/kaito-project/kaito/cmd/workspace');
}

/** The folder of its chart. */
export function kaitoChartFolder(): string {
  return join(goModule(KAITO, 'github.com/kaito-project/kaito'), 'charts/kaito/workspace');
}

/** A controller on controller-runtime that makes a ConfigMap for each Widget: the peer of the engine's bench. */
export function controllerRuntimeProgram(): string {
  return goProgram('controller-runtime', join(root, 'bench/engine/controller-runtime'), '.');
}

/** The `kopf` command, in a virtual environment that holds what `e2e/python/requirements.txt` pins. */
export function kopf(): string {
  const requirements = join(root, 'e2e/python/requirements.txt');
  const python = process.env.PYTHON ?? 'python3';
  const version = run(python, ['--version'], root).trim();
  const home = cache('kopf', digest([version, readFileSync(requirements)]));
  const ready = join(home, 'ready');
  if (!existsSync(ready)) {
    process.stderr.write(`kopf: installing into ${home} ...\n`);
    rmSync(home, { recursive: true, force: true });
    run(python, ['-m', 'venv', home], root);
    run(join(home, 'bin/pip'), ['install', '--quiet', '--no-input', '-r', requirements], root);
    mkdirSync(ready);
  }
  return join(home, 'bin/kopf');
}

/** Builds once for each state of the module; an interrupted build leaves nothing that looks done. */
function goProgram(name: string, module: string, what: string): string {
  const version = run('go', ['version'], root).trim();
  const files = ['go.mod', 'go.sum', ...(what === '.' ? ['main.go'] : [])].map((file) =>
    readFileSync(join(module, file)),
  );
  const path = join(cache(name, digest([version, ...files])), name);
  if (existsSync(path)) return path;
  process.stderr.write(`${name}: building (one to four minutes on two cores the first time) ...\n`);
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, what], module);
  renameSync(unfinished, path);
  return path;
}

function cache(name: string, state: string): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kaito-sdk', 'strangers', `${name}-${state}`);
}

function digest(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex').slice(0, 16);
}

function run(program: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ENOENT';
    const advice = missing ? `The program "${program}" is not on the PATH; these tests need it: install it.` : '';
    throw new Error(`${program} ${args.join(' ')} failed. ${advice}`.trim(), { cause: error });
  }
}
