import { basename } from 'node:path';
import { KaitoError, KubeError, nearMisses, ServerUnreachable } from '@kaito-sdk/core';
import type { Command } from './commands/command.js';
import { optionsOf } from './commands/completion.js';
import { commands } from './commands/index.js';
import { Interrupted } from './commands/interrupted.js';
import { terminalIo } from './commands/terminal-io.js';
import { UsageError } from './usage-error.js';
import { VERSION } from './version.js';
import { whenNobodyReads } from './when-nobody-reads.js';

/** As a plugin of kubectl the same program is called by another name. */
const called = basename(process.argv[1] ?? '').startsWith('kubectl-') ? 'kubectl kaito' : 'kaito';

const overview = `Usage: ${called} COMMAND [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

${called} COMMAND --help tells the options of a command, ${called} --version which one this is.
`;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = asked(args);
  if (name === '--version' || name === 'version') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(overview);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((one) => one.name === name);
  if (!command) {
    const [near] = nearMisses(
      name,
      commands.map((one) => one.name),
    );
    const hint = near === undefined ? `\n\n${overview}` : `; did you mean ${near}?\n(${called} --help lists all)\n`;
    process.stderr.write(`${called}: there is no command "${name}"${hint}`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.usage.replaceAll(/^(Usage:| {6}) kaito /gm, `$1 ${called} `));
    return 0;
  }
  const stop = new AbortController();
  let interrupted = 0;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      interrupted = code;
      stop.abort();
    });
  }
  whenNobodyReads([process.stdout, process.stderr], () => stop.abort());
  try {
    return await command.run(rest, terminalIo(process.stdout, process.stderr, stop.signal));
  } catch (error) {
    if (error instanceof Interrupted) return interrupted;
    if (isUsage(error)) {
      process.stderr.write(
        `${called} ${name}: ${mistake(error, command)}\n(${called} ${name} --help tells the options)\n`,
      );
      return 2;
    }
    process.stderr.write(`${called} ${name}: ${told(error)}\n`);
    return 1;
  }
}

/** `kaito help plan` is `kaito plan --help`. */
function asked(args: readonly string[]): readonly string[] {
  const [first, command, ...more] = args;
  return first === 'help' && command !== undefined && !command.startsWith('-') ? [command, '--help', ...more] : args;
}

/** Coded errors, and what a server said or did not say, tell all there is to tell; anything else is a fault of ours, and its stack helps to mend it. */
function told(error: unknown): string {
  if (KaitoError.is(error) && error.code === 'KUBECONFIG_MISSING')
    return `${error.message}, or have ${called} dev make a cluster in its own process (${error.code})`;
  if (KaitoError.is(error)) return `${error.message} (${error.code})`;
  if (KubeError.is(error) && error.code === 404 && error.details?.name === undefined)
    return `${error.message}. Is the operator installed in this cluster? kaito crds prints its definitions, and the chart brings them`;
  if (KubeError.is(error) && error.code === 401)
    return `${error.message}. The server does not know who asks: the credentials of the kubeconfig are wrong, or have run out`;
  if (KubeError.is(error) || ServerUnreachable.is(error)) return error.message;
  return String(error instanceof Error ? error.stack : error);
}

/** What Node's parser adds to its first sentence is advice that nobody asked for; the option that was meant is better. */
function mistake(error: Error, command: Command): string {
  const [, unknown] = /^Unknown option '(-[^']*)'/.exec(error.message) ?? [];
  if (unknown === undefined) return error.message;
  const known = optionsOf(command).filter((option) => option.startsWith('--'));
  const [near] = unknown.startsWith('--') ? nearMisses(unknown, known) : [];
  return `there is no option ${unknown}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
}

process.exitCode = await main(process.argv.slice(2));
