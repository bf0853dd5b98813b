import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', 'main.js');

/** The quick start as a user runs it. */
export class Running {
  out = '';
  err = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;
  private wake = () => {};

  constructor(args: readonly string[], mark: string) {
    // The mark is inherited by every process of the run, so that those left behind can be found.
    this.child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, KAITO_TEST_MARK: mark },
      stdio: 'pipe',
    });
    this.child.stdout?.on('data', (text) => this.heard('out', String(text)));
    this.child.stderr?.on('data', (text) => this.heard('err', String(text)));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve(code ?? signal ?? 'SIGKILL');
        this.wake();
      });
    });
  }

  /** Waits until standard output matches. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.out);
      if (found) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`it ended without saying ${pattern}:\n${this.out}\n${this.err}`);
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  private heard(stream: 'out' | 'err', text: string): void {
    this[stream] += text;
    this.wake();
  }
}

/** Command lines of the processes that still carry a mark. Linux only, where /proc tells the environment of a process. */
export function leftBehind(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`KAITO_TEST_MARK=${mark}`);
      } catch {
        return false;
      }
    })
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
}
