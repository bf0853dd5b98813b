import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', 'main.js');

/** The `kaito` command as a user runs it beside the quick start. */
export async function kaitoCommand(
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const kaito = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'operator', 'dist', 'main.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [kaito, ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

/** The quick start as a user runs it. */
export class Running {
  out = '';
  err = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;
  private wake = () => {};

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [main, ...args], { stdio: 'pipe' });
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

  /** The processes that it has started and that run now. */
  family(): Process[] {
    return descendants(this.child.pid ?? -1);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Reads its standard output no longer. */
  deafen(): void {
    this.child.stdout?.destroy();
  }

  private heard(stream: 'out' | 'err', text: string): void {
    this[stream] += text;
    this.wake();
  }
}

/** One process, told apart from a later one of the same number by when it started. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly started: string;
  readonly command: string;
}

/** Those of these processes that still run. */
export function stillRunning(processes: readonly Process[]): Process[] {
  return processes.filter(({ pid, started }) => processOf(pid)?.started === started);
}

/** Every process below one. Linux only, where /proc tells. */
function descendants(root: number): Process[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []));
  const family: Process[] = [];
  for (let wave = [root]; wave.length > 0; ) {
    const children = all.filter(({ parent }) => wave.includes(parent));
    family.push(...children);
    wave = children.map(({ pid }) => pid);
  }
  return family;
}

function processOf(pid: number): Process | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // After the name in parentheses: state, parent, and as the twentieth the start in clock ticks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z') return undefined;
    return { pid, parent: Number(fields[1]), started: fields[19] ?? '', command };
  } catch {
    return undefined;
  }
}
