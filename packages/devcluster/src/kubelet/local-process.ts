import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ContainerLog } from './container-log.js';
import type { ContainerExit } from './container-runtime.js';
import type { ProcessSpec } from './image-program.js';
import type { ProcessGuard } from './process-guard.js';

/** What every program gets of this machine's environment: enough to be found and to run, nothing that is a secret. */
const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SystemRoot',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
];

/** One spawned program in a process group of its own, with an open standard input that ends when this process does. */
export class LocalProcess {
  readonly exited: Promise<ContainerExit>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #over = false;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, Readable>,
    readonly guard: ProcessGuard,
    log: ContainerLog,
  ) {
    this.#child = child;
    const group = child.pid ?? 0;
    guard.watch(group);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => log.append(text));
    // A program that does not read must not break us.
    child.stdin.on('error', () => {});
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        // What it left behind in its group goes with it, as everything in a container does with its first process.
        this.#send('SIGKILL');
        this.#over = true;
        guard.release(group);
        const number = signal === null ? undefined : constants.signals[signal];
        const exit = number === undefined ? { exitCode: code ?? 0 } : { exitCode: 128 + number, signal: number };
        // The last words may still be in the pipe; a grandchild that keeps it open must not hold us up.
        const drained = new Promise((done) => child.once('close', done));
        void Promise.race([drained, new Promise((done) => setTimeout(done, 200).unref())]).then(() => resolve(exit));
      });
    });
  }

  /** Settles once it runs. @throws the reason of the system when it cannot: ENOENT, EACCES, … */
  static start(spec: ProcessSpec, guard: ProcessGuard, log: ContainerLog): Promise<LocalProcess> {
    const env: NodeJS.ProcessEnv = {};
    for (const name of inherited) if (process.env[name] !== undefined) env[name] = process.env[name];
    return new Promise((resolve, reject) => {
      const child = spawn(spec.command, [...(spec.args ?? [])], {
        cwd: spec.cwd,
        env: { ...env, ...spec.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
      });
      child.once('error', reject);
      child.once('spawn', () => {
        child.removeListener('error', reject);
        child.on('error', () => {});
        resolve(new LocalProcess(child, guard, log));
      });
    });
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.#over) this.#send(signal);
  }

  #send(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  }
}
