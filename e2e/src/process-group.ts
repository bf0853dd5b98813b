import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One program of a group, running or ended. */
export interface Member {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Why it is no longer running: `exit 1`, `SIGKILL`, or the reason that it could not be started. */
  ended: string | undefined;
  readonly log: string;
  readonly gone: Promise<void>;
  kill(): void;
}

/** Programs with one temporary folder between them. Both go with the group, and when this process dies in any way. */
export class ProcessGroup {
  readonly folder: string;
  private readonly undertaker: ChildProcess;
  private readonly buried: Promise<void>;
  private readonly members: Member[] = [];
  private readonly passing = new Set<ChildProcess>();

  constructor(prefix: string) {
    const script = fileURLToPath(new URL('./undertaker.js', import.meta.url));
    // In a session of its own: a signal to our process group must not end it before it has done its work.
    this.undertaker = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.buried = new Promise((resolve) => this.undertaker.once('exit', () => resolve()));
    this.undertaker.unref();
    this.folder = mkdtempSync(join(tmpdir(), prefix));
    this.tell(`/${this.folder}`);
  }

  /** Starts a program with its output in `<name>.log` in the folder. */
  start(name: string, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Member {
    const log = join(this.folder, `${name}.log`);
    const output = openSync(log, 'a');
    const surroundings = { ...process.env, ...env };
    const child = spawn(program, args, { cwd: this.folder, env: surroundings, stdio: ['ignore', output, output] });
    closeSync(output);
    const { pid } = child;
    if (pid !== undefined) this.tell(`+${pid}`);
    const member: Member = {
      name,
      program,
      args,
      env,
      ended: undefined,
      log,
      gone: new Promise((resolve) => {
        const end = (why: string): void => {
          member.ended ??= why;
          if (pid !== undefined) this.tell(`-${pid}`);
          resolve();
        };
        child.once('exit', (code, signal) => end(signal ?? `exit ${code}`));
        child.once('error', (error) => end(error.message));
      }),
      kill: () => child.kill('SIGKILL'),
    };
    this.members.push(member);
    return member;
  }

  /** Makes a command that was started elsewhere end with the group, should it still run then. */
  adopt(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.passing.add(child);
    this.tell(`+${pid}`);
    child.once('exit', () => {
      this.passing.delete(child);
      this.tell(`-${pid}`);
    });
  }

  /** Kills a member and starts its program again as it was. */
  async restart(member: Member): Promise<Member> {
    member.kill();
    await member.gone;
    this.members.splice(this.members.indexOf(member), 1);
    return this.start(member.name, member.program, member.args, member.env);
  }

  /** Throws when one of them has ended: with its name, why, and the last it said. */
  check(): void {
    for (const { name, ended, log } of this.members) {
      if (ended !== undefined) throw new Error(`${name} has ended (${ended}); its last words:\n${lastWords(log)}`);
    }
  }

  /** Kills them all, newest first, and removes the folder. They are not asked nicely: nothing that they hold is kept. */
  async stop(): Promise<void> {
    for (const child of this.passing) child.kill('SIGKILL');
    for (const member of this.members.toReversed()) {
      member.kill();
      await member.gone;
    }
    this.undertaker.stdin?.end();
    await this.buried;
  }

  private tell(line: string): void {
    if (this.undertaker.stdin?.writable !== true) return;
    this.undertaker.stdin?.write(`${line}\n`);
  }
}

function lastWords(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
