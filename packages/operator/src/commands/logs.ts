import { parseArgs } from 'node:util';
import { followLogs } from '../logs/follow-logs.js';
import { printLogs } from '../logs/print-logs.js';
import { UsageError } from '../usage-error.js';
import { clusterOptions, clusterUsage, withCluster } from './cluster.js';
import type { Command } from './command.js';
import { timeOf } from './time.js';
import { oneName } from './why.js';

/** `kaito logs`: what the pods of a Workspace print. */
export const logsCommand: Command = {
  name: 'logs',
  summary: 'print what the pods of a Workspace have printed, or follow it: the model, a tuning, the look at its data',
  usage: `Usage: kaito logs NAME [options]

  -f, --follow            go on with what is printed, through restarts and new pods, until Ctrl-C or the end of a tuning
  -p, --previous          of the run before the present one: why it ended
  -c, --container NAME    [the model's, or the trainer]
  --tail N                only the last N lines           [all]
  --since TIME            only what is not older: 30s, 5m, 2h
  --timestamps            each line with when it was written
  --prefix                each line with its pod and container, as is done where there are several pods
${clusterUsage}

Where there is nothing to read yet it says what is waited for. It takes the rights to list pods and to get pods/log, with -f also to watch them.
Exit codes: 0 there was a log, or following has ended; 1 there is none, with the reason; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...clusterOptions,
        follow: { type: 'boolean', short: 'f' },
        previous: { type: 'boolean', short: 'p' },
        container: { type: 'string', short: 'c' },
        tail: { type: 'string' },
        since: { type: 'string' },
        timestamps: { type: 'boolean' },
        prefix: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const name = oneName(positionals);
    const { container, follow = false, previous = false, prefix = false, timestamps = false } = values;
    if (follow && previous) throw new UsageError('--previous is of what has ended: there is nothing to follow');
    const tailLines = linesOf(values.tail);
    const since = values.since === undefined ? undefined : timeOf('--since', values.since);
    return withCluster(values, io, (cluster, namespace) => {
      const sinceTime = since === undefined ? undefined : new Date(cluster.clock.now() - since).toISOString();
      const wish = { namespace, name, container, previous, prefix, timestamps, tailLines, sinceTime };
      return follow ? followLogs(cluster, wish, io) : printLogs(cluster, wish, io);
    });
  },
};

function linesOf(given: string | undefined): number | undefined {
  // As kubectl has it, -1 is all.
  if (given === undefined || given === '-1') return undefined;
  if (/^\d+$/.test(given)) return Number(given);
  throw new UsageError(`--tail takes a number of lines, not "${given}"`);
}
