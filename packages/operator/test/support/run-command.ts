import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '../../dist/commands/command.js';

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one subcommand in this process. What it throws is thrown here: main() makes exit code 2 of a UsageError and 1 of the rest. */
export async function runCommand(command: Command, ...args: readonly string[]): Promise<CommandRun> {
  const said = { out: '', err: '' };
  const io = {
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
    watched: false,
    signal: new AbortController().signal,
  };
  const code = await command.run(args, io);
  return { code, ...said };
}

/** The error that a subcommand ends with. */
export async function failure(command: Command, ...args: readonly string[]): Promise<Error> {
  const run = await runCommand(command, ...args).catch((error: Error) => error);
  if (run instanceof Error) return run;
  throw new Error(`it ended with ${run.code} and said ${run.out}${run.err}`);
}

/** A folder for files of a test; inside this package, so that plugins are found from it. */
export async function scratch(
  files: Readonly<Record<string, string>>,
): Promise<{ path(name: string): string; remove(): Promise<void> }> {
  const home = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const folder = await mkdtemp(join(home, 'scratch-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { path: (name) => join(folder, name), remove: () => rm(folder, { recursive: true }) };
}
