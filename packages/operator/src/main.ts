#!/usr/bin/env node
import { basename } from 'node:path';
import { KaitoError } from '@kaito-sdk/core';
import { commands } from './commands/index.js';
import { terminalIo } from './commands/terminal-io.js';
import { UsageError } from './usage-error.js';

/** As a plugin of kubectl the same program is called by another name. */
const called = basename(process.argv[1] ?? '').startsWith('kubectl-') ? 'kubectl kaito' : 'kaito';

const overview = `Usage: ${called} COMMAND [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

${called} COMMAND --help tells the options of a command.
`;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(overview);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((one) => one.name === name);
  if (!command) {
    process.stderr.write(`${called}: there is no command "${name}"\n\n${overview}`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.usage.replaceAll(/^(Usage:| {6}) kaito /gm, `$1 ${called} `));
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    return await command.run(rest, terminalIo(process.stdout, process.stderr, stop.signal));
  } catch (error) {
    if (isUsage(error)) {
      process.stderr.write(`${called} ${name}: ${error.message}\n(${called} ${name} --help tells the options)\n`);
      return 2;
    }
    // A coded error says all there is to say; anything else is a fault of ours, and its stack helps to mend it.
    process.stderr.write(
      `${called} ${name}: ${KaitoError.is(error) ? `${error.message} (${error.code})` : String(error instanceof Error ? error.stack : error)}\n`,
    );
    return 1;
  }
}

function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
}

process.exitCode = await main(process.argv.slice(2));
