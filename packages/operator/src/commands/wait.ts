import { parseArgs } from 'node:util';
import type { Workspace } from '@kaito-sdk/core';
import { duration } from '../story/duration.js';
import { type Why, whyOf } from '../story/why.js';
import { UsageError } from '../usage-error.js';
import { type AskedCluster, clusterOptions, clusterUsage, withCluster } from './cluster.js';
import type { Command, CommandIo } from './command.js';
import { Interrupted } from './interrupted.js';
import { type Output, outputOf, print } from './output.js';
import { timeOf } from './time.js';
import { type Goal, until, type WaitEnd } from './until.js';
import { whyLines } from './why.js';

/** `kaito wait`: for scripts, until Workspaces are ready, or why they will not be. */
export const waitCommand: Command = {
  name: 'wait',
  summary: 'wait until Workspaces are ready or gone, for scripts; end with the reason when they will not be',
  usage: `Usage: kaito wait NAME... [options]

  --for WHAT              ready (a tuning: succeeded) or delete    [ready]
  --timeout TIME          30s, 30m, 1h30m; 0 looks once            [30m]
  --ignore-blocked        go on waiting where a person must act: somebody may
${clusterUsage}
  -o, --output FORMAT     table, json or yaml             [table]

What it waits for is told on standard error as it changes. It ends at once when one is blocked, failed or deleted.
Exit codes: 0 all are ready, or gone; 1 one is not, with what kaito why says of it, or there is none of that name; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...clusterOptions,
        for: { type: 'string' },
        timeout: { type: 'string' },
        'ignore-blocked': { type: 'boolean' },
        output: { type: 'string', short: 'o' },
      },
      allowPositionals: true,
    });
    const output = outputOf(values.output);
    const wanted = values.for ?? 'ready';
    if (wanted !== 'ready' && wanted !== 'delete') throw new UsageError(`--for takes ready or delete, not "${wanted}"`);
    if (positionals.length === 0) throw new UsageError('which Workspace? give its name');
    const timeoutMs = timeOf('--timeout', values.timeout ?? '30m');
    const ignoreBlocked = values['ignore-blocked'] === true;
    return withCluster(values, io, (cluster, namespace) =>
      waitFor(cluster, { namespace, names: [...new Set(positionals)], wanted, timeoutMs, ignoreBlocked, output }, io),
    );
  },
};

export interface Wait extends Goal {
  readonly output: Output;
}

/** Answers the exit code. @throws {Interrupted} on Ctrl-C */
export async function waitFor(cluster: AskedCluster, wait: Wait, io: CommandIo): Promise<number> {
  const { namespace } = wait;
  const end = await until(cluster, wait, io);
  if (end === undefined) throw new Interrupted();
  switch (end.kind) {
    case 'reached':
      tellReached(cluster, wait, end.workspaces, io);
      return 0;
    case 'missing':
      io.err(`kaito wait: there is no Workspace ${namespace}/${end.name}; kaito status lists them\n`);
      return 1;
    case 'deleted':
      io.err(`kaito wait: ${namespace}/${end.name} was deleted\n`);
      return 1;
    default:
      await tellOpen(cluster, wait, end, io);
      return 1;
  }
}

function tellReached(cluster: AskedCluster, wait: Wait, workspaces: readonly Workspace[], io: CommandIo): void {
  const { namespace, names, wanted, output } = wait;
  const now = cluster.clock.now();
  const ends =
    wanted === 'delete'
      ? names.map((name) => ({ namespace, name, state: 'deleted', sentence: `${namespace}/${name} is gone` }))
      : workspaces.map((workspace) => whyOf(workspace, [], now));
  print(io, output, names.length === 1 ? ends[0] : ends, () => ends.map(({ sentence }) => sentence));
}

/** Those that are not what was waited for, in the words of `kaito why`. */
async function tellOpen(cluster: AskedCluster, wait: Wait, end: WaitEnd, io: CommandIo): Promise<void> {
  const { namespace, names, wanted, timeoutMs, output } = wait;
  const whys: Why[] = [];
  for (const workspace of end.workspaces)
    whys.push(whyOf(workspace, await cluster.events(workspace), cluster.clock.now()));
  const open = whys.filter(({ state }) => wanted === 'delete' || state !== 'ready');
  if (end.kind === 'late') {
    const who = open.map(({ name }) => `${namespace}/${name}`).join(', ');
    io.err(`kaito wait: not ${wanted === 'delete' ? 'gone' : 'ready'} after ${duration(timeoutMs)}: ${who}\n`);
  }
  if (output === 'table') io.err(`${open.flatMap(whyLines).join('\n')}\n`);
  else print(io, output, names.length === 1 ? whys[0] : whys, () => []);
}
