import { type ChildProcess, spawn } from 'node:child_process';
import type { CommandResult } from '../control-plane.js';

/** How a command is run. */
export interface CommandOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Told of the process at once, so that it can be ended with its group. */
  readonly started?: (child: ChildProcess) => void;
}

/** Runs a program to its end. An exit code is an answer; a program that cannot be started is an error. */
export function runCommand(
  program: string,
  args: readonly string[],
  { stdin = '', env = {}, started }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env } });
    started?.(child);
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    // It may end without reading what it is given.
    child.stdin.on('error', () => undefined).end(stdin);
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, out, err }));
  });
}
