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
import { until } from './until.js';
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

export interface Wait {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly wanted: 'ready' | 'delete';
  readonly timeoutMs: number;
  readonly ignoreBlocked: boolean;
  readonly output: Output;
}

/** Answers the exit code. */
export async function waitFor(cluster: AskedCluster, wait: Wait, io: CommandIo): Promise<number> {
  const { namespace, names, wanted, timeoutMs, output } = wait;
  const end = await until(cluster, wait, io);
  if (end === undefined) throw new Interrupted();
  const now = cluster.clock.now();
  const whys = end.workspaces.map((workspace) => whyOf(workspace, [], now));
  if (end.kind === 'reached') {
    const done = wanted === 'delete' ? names.map((name) => ({ namespace, name, state: 'deleted' })) : whys;
    const lines = () =>
      wanted === 'delete' ? names.map((name) => `${namespace}/${name} is gone`) : whys.map(({ sentence }) => sentence);
    print(io, output, names.length === 1 ? done[0] : done, lines);
    return 0;
  }
  if (end.kind === 'missing') {
    io.err(`kaito wait: there is no Workspace ${namespace}/${end.name}; kaito status lists them\n`);
    return 1;
  }
  if (end.kind === 'deleted') {
    io.err(`kaito wait: ${namespace}/${end.name} was deleted\n`);
    return 1;
  }
  const told = await Promise.all(end.workspaces.map((workspace) => explained(cluster, workspace)));
  const open = told.filter(({ state }) => wanted === 'delete' || state !== 'ready');
  const late =
    end.kind === 'late' ? `${wanted === 'delete' ? 'not gone' : 'not ready'} after ${duration(timeoutMs)}` : '';
  if (late !== '') io.err(`kaito wait: ${late}: ${open.map(({ name }) => `${namespace}/${name}`).join(', ')}\n`);
  if (output !== 'table') print(io, output, names.length === 1 ? told[0] : told, () => []);
  else io.err(`${open.flatMap(whyLines).join('\n')}\n`);
  return 1;
}

async function explained(cluster: AskedCluster, workspace: Workspace): Promise<Why> {
  return whyOf(workspace, await cluster.events(workspace), cluster.clock.now());
}
