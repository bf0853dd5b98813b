// Makes a fresh clone runnable: installs the dependencies when the lockfile changed, then builds what is out of date.
// Plain JavaScript without dependencies, because it runs before anything is installed, on whatever Node there is.
//   node tools/bootstrap.mjs [[--here] PROGRAM ARGS ...]: then runs that program by the Node that was installed. A script that did so by itself,
//   `node tools/bootstrap.mjs && node PROGRAM`, would take the old Node the first time: shells remember where they found a command.
//   --here: in the folder in which somebody typed `npm run`, which names his files, and not in the root of the repository, where npm runs it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };

function run(command, args, quietUnlessFailed) {
  const done = spawnSync(command, args, {
    cwd: root,
    env,
    shell: process.platform === 'win32',
    stdio: quietUnlessFailed ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.error) throw done.error;
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
    process.stderr.write(`${command} ${args.join(' ')} failed (exit ${done.status ?? done.signal})\n`);
    process.exit(done.status ?? 1);
  }
}

/** The install depends on the lockfile and on the root manifest's overrides, and on nothing else. */
function wanted() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'package.json']) hash.update(readFileSync(join(root, file)));
  return `${hash.digest('hex')} ${process.platform}-${process.arch}\n`;
}

/** Whether the process of this number is there; one of somebody else's is. */
function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * npm takes a package whose folder is there for a whole one, so what an install that was killed left behind stays broken for ever: such a
 * folder is removed. While somebody else installs here, it is his.
 */
function beginInstall(mark) {
  if (existsSync(mark)) {
    const other = Number(readFileSync(mark, 'utf8'));
    if (other > 0 && other !== process.pid && runs(other)) {
      process.stderr.write(
        `Process ${other} installs the dependencies here: wait until it has, and begin again. If it is another program, remove node_modules first.\n`,
      );
      process.exit(1);
    }
    process.stderr.write('The last install did not come to its end: removing what it left ...\n');
    rmSync(join(root, 'node_modules'), { recursive: true, force: true });
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(mark, String(process.pid));
}

const stamp = join(root, 'node_modules', '.kaito-installed');
const mark = join(root, 'node_modules', '.kaito-installing');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted()) {
  beginInstall(mark);
  process.stderr.write('Installing dependencies (once, about a minute) ...\n');
  // Not `npm ci`: it refuses a lockfile that lacks the optional packages of another platform, and registries that mirror only a
  // part of npm leave those out. `install --no-save` takes the locked versions and writes nothing back.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], true);
  writeFileSync(stamp, wanted());
  rmSync(mark);
}
/**
 * What was compiled from a file that is gone would go on being run: tests of last week, found by their names. The compiler's record
 * goes with it, or a file that comes back unchanged would count as compiled.
 */
function prune(output, source, record) {
  if (!existsSync(output)) return;
  for (const entry of readdirSync(output, { recursive: true })) {
    if (!entry.endsWith('.js')) continue;
    const base = entry.slice(0, -3);
    if (existsSync(join(source, `${base}.ts`))) continue;
    for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map']) rmSync(join(output, base + ending), { force: true });
    rmSync(record, { force: true });
  }
}
for (const home of [
  ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name)),
  join(root, 'e2e'),
  join(root, 'release'),
  join(root, 'docs'),
]) {
  prune(join(home, 'dist'), join(home, 'src'), join(home, 'tsconfig.tsbuildinfo'));
  prune(join(home, 'dist-test'), join(home, 'test'), join(home, 'dist-test', 'tsconfig.tsbuildinfo'));
}
// `tsc -b` is incremental: with nothing to do it takes a fraction of a second.
run('tsc', ['-b'], true);

// npm links the commands of the packages before there is anything to link to, and can make nothing executable that is not compiled yet.
for (const name of readdirSync(join(root, 'packages'))) {
  const manifest = join(root, 'packages', name, 'package.json');
  const { bin = {} } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
  for (const file of Object.values(bin)) {
    const command = join(root, 'packages', name, file);
    if (existsSync(command)) chmodSync(command, 0o755);
  }
}

const given = process.argv.slice(2);
const here = given[0] === '--here';
const [program, ...args] = here ? given.slice(1) : given;
if (program !== undefined) {
  const cwd = here ? (process.env.INIT_CWD ?? process.cwd()) : process.cwd();
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const child = spawn(existsSync(node) ? node : process.execPath, [resolve(program), ...args], {
    cwd,
    env,
    stdio: 'inherit',
  });
  // Ctrl-C reaches the program by itself, which ends in its own time; this process has only to be there until then.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
