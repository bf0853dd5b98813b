// Makes the real control plane for the e2e tier, in a cache outside the repository, and says where each part of it is.
//   node tools/controlplane/build.mjs [--with kwok,karpenter] [--json]
// Progress goes to stderr; stdout gets one line a program, or with --json one object { name: path }.
// With KUBEBUILDER_ASSETS set, kube-apiserver, etcd and kubectl are taken from that folder and only the rest is built.
// Plain JavaScript without dependencies: it must run on whatever Node there is.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubernetesVersion, parts } from './parts.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const exe = process.platform === 'win32' ? '.exe' : '';
const say = (line) => process.stderr.write(`${line}\n`);

function fail(message) {
  say(`controlplane: ${message}`);
  process.exit(1);
}

function options(args) {
  const sets = new Set();
  let json = false;
  for (let at = 0; at < args.length; at += 1) {
    if (args[at] === '--json') json = true;
    else if (args[at] === '--with') for (const set of (args[++at] ?? '').split(',').filter(Boolean)) sets.add(set);
    else fail(`unknown argument "${args[at]}"; usage: node build.mjs [--with kwok,karpenter] [--json]`);
  }
  const known = parts.flatMap((part) => part.set ?? []);
  for (const set of sets) if (!known.includes(set)) fail(`--with knows ${known.join(' and ')}, not "${set}"`);
  return { sets, json };
}

/** "go version go1.26.8 linux/amd64" -> "go1.26.8 linux/amd64"; ends the run when there is no Go, or an older one than asked for. */
function goVersion() {
  const done = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (done.error || done.status !== 0) {
    const why =
      done.error?.code === 'ENOENT' ? 'the program "go" is not on the PATH' : (done.error?.message ?? done.stderr);
    fail(`Go is needed to build the control plane, but ${why}. Install Go 1.26 or later.`);
  }
  const version = done.stdout.trim().replace(/^go version /, '');
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  // A development build has no number; the compiler itself will say if it is too old.
  if (major !== undefined && (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 26))) {
    fail(`Go 1.26 or later is needed to build the control plane, but "go version" answers ${version}.`);
  }
  return version;
}

/** The flags that shape a program, and with them the name of the folder it is kept in. */
function linkerFlags(part) {
  return ['-s', '-w', ...(part.stamps ?? [])].join(' ');
}

/** One folder a module, named by everything its programs depend on: raising one version rebuilds one module. */
function cacheFolder(module, compiler) {
  const hash = createHash('sha256').update(`${compiler}\n`);
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(here, module, file)));
  for (const part of parts.filter((one) => one.module === module)) {
    hash.update(`${part.package ?? part.files} ${linkerFlags(part)}\n`);
  }
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'kaito-sdk', 'controlplane', `${module}-${hash.digest('hex').slice(0, 16)}`);
}

/** Where the user's own binaries are, by the variable that controller-runtime's test tools made known. */
function fromAssets(part) {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (!folder || part.set) return undefined;
  const path = resolve(folder, `${part.name}${exe}`);
  if (existsSync(path)) return path;
  if (['etcd', 'kube-apiserver', 'kubectl'].includes(part.name)) {
    fail(`KUBEBUILDER_ASSETS is set, but there is no ${path}. Unset it to have the control plane built.`);
  }
  return undefined;
}

/** Runs the Go command in the folder of a module and answers what it printed; ends the run when it fails. */
function go(part, args) {
  return new Promise((done) => {
    let output = '';
    let errors = '';
    const child = spawn('go', args, { cwd: join(here, part.module), stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.on('error', (error) => fail(`${part.name}: ${error.message}`));
    child.on('close', (code, signal) => {
      if (code === 0) done(output);
      else {
        const why = signal ?? `exit ${code}`;
        fail(`${part.name}: go ${args.join(' ')} failed (${why}) in ${part.module}/\n${(errors || output).trim()}`);
      }
    });
  });
}

/** Makes one part. It appears under its name only when it is whole: an interrupted run leaves nothing that looks done. */
async function make(part, path) {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  process.on('exit', () => rmSync(unfinished, { force: true, recursive: true }));
  if (part.package) {
    await go(part, ['build', '-trimpath', '-ldflags', linkerFlags(part), '-o', unfinished, part.package]);
  } else {
    const { Dir } = JSON.parse(await go(part, ['mod', 'download', '-json', part.of]));
    cpSync(join(Dir, part.files), unfinished, { recursive: true });
  }
  try {
    renameSync(unfinished, path);
  } catch (error) {
    // Another run was quicker; a folder does not replace a folder.
    if (!existsSync(path)) throw error;
  }
}

const { sets, json } = options(process.argv.slice(2));
const pinned = /\bk8s\.io\/kubernetes v([\d.]+)/.exec(readFileSync(join(here, 'kubernetes', 'go.mod'), 'utf8'))?.[1];
if (pinned !== kubernetesVersion) {
  fail(`kubernetes/go.mod asks for ${pinned}, parts.mjs for ${kubernetesVersion}. Make them the same.`);
}
const paths = {};
let compiler;
for (const part of parts.filter((one) => one.set === undefined || sets.has(one.set))) {
  const given = fromAssets(part);
  if (given) {
    paths[part.name] = given;
    continue;
  }
  compiler ??= goVersion();
  const path = join(cacheFolder(part.module, compiler), part.package ? `${part.name}${exe}` : part.name);
  if (!existsSync(path)) {
    say(`${part.name}: ${part.package ? 'building' : 'fetching'} (${part.hint} on two cores the first time) ...`);
    const started = performance.now();
    await make(part, path);
    const size = part.package ? `, ${(statSync(path).size / 1e6).toFixed(0)} MB` : '';
    say(`${part.name}: ready after ${((performance.now() - started) / 1000).toFixed(0)} s${size}`);
  }
  paths[part.name] = path;
}
process.stdout.write(
  json
    ? `${JSON.stringify(paths)}\n`
    : Object.entries(paths)
        .map(([name, path]) => `${name} ${path}\n`)
        .join(''),
);
