import { parseArgs } from 'node:util';
import { type Why, whyOf } from '../story/why.js';
import { UsageError } from '../usage-error.js';
import { clusterOptions, clusterUsage, withCluster } from './cluster.js';
import type { Command } from './command.js';
import { outputOf, print } from './output.js';

/** `kaito why`: what a Workspace waits for, and what to do about it. */
export const whyCommand: Command = {
  name: 'why',
  summary: 'say in one sentence what a Workspace waits for, and the next step',
  usage: `Usage: kaito why NAME [options]

${clusterUsage}
  -o, --output FORMAT     table, json or yaml             [table]

From its conditions, the record of its nodes and the events about it.
Exit codes: 0 it is ready; 1 it is not, or there is none of that name; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...clusterOptions, output: { type: 'string', short: 'o' } },
      allowPositionals: true,
    });
    const output = outputOf(values.output);
    const name = oneName(positionals);
    return withCluster(values, io, async (cluster, namespace) => {
      const workspace = await cluster.workspace(namespace, name);
      if (!workspace) {
        io.err(`kaito why: there is no Workspace ${namespace}/${name}; kaito status lists them\n`);
        return 1;
      }
      const why = whyOf(workspace, await cluster.events(workspace), cluster.clock.now());
      print(io, output, why, () => whyLines(why));
      return why.state === 'ready' ? 0 : 1;
    });
  },
};

/** The one name that `why`, `status` and `logs` take. */
export function oneName(positionals: readonly string[]): string {
  const [name, ...more] = positionals;
  if (name === undefined) throw new UsageError('which Workspace? give its name');
  if (more.length > 0) throw new UsageError(`one Workspace at a time, not ${positionals.join(', ')}`);
  return name;
}

/** What `kaito why` says, line by line. */
export function whyLines({ sentence, next, failures, warnings }: Why): readonly string[] {
  const listed = (label: string, entries: readonly string[]) =>
    entries.map((entry, index) => `${(index === 0 ? label : '').padEnd(12)}${entry}`);
  return [sentence, `next: ${next}`, ...listed('tried', failures), ...listed('told', warnings)];
}
