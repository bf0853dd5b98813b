import { parseArgs } from 'node:util';
import { conditionTypes, getCondition, type Workspace } from '@kaito-sdk/core';
import { duration } from '../story/duration.js';
import { type Timeline, timelineOf } from '../story/timeline.js';
import { whyOf } from '../story/why.js';
import { UsageError } from '../usage-error.js';
import { clusterOptions, clusterUsage, withCluster } from './cluster.js';
import type { Command } from './command.js';
import { LIST_HEAD, listCells, listed } from './listed.js';
import { columns, outputOf, print } from './output.js';
import { watchList, watchOne } from './watch-status.js';
import { oneName } from './why.js';

/** `kaito status`: which phase of a Workspace took how long, and what it costs. */
export const statusCommand: Command = {
  name: 'status',
  summary: 'list Workspaces, or tell the timeline of one: which phase took how long, and what it costs',
  usage: `Usage: kaito status [NAME] [options]

${clusterUsage}
  -A, --all-namespaces    without a name: those of all namespaces
  -w, --watch             go on with each change, a row each, until Ctrl-C; json is one object a line then, and yaml a document each
  -o, --output FORMAT     table, json or yaml             [table]

Costs are by list prices, for the time that the nodes on record have been there. To wait until it is ready: kaito wait.
Exit codes: 0; 1 there is none of that name; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...clusterOptions,
        output: { type: 'string', short: 'o' },
        'all-namespaces': { type: 'boolean', short: 'A' },
        watch: { type: 'boolean', short: 'w' },
      },
      allowPositionals: true,
    });
    const output = outputOf(values.output);
    const { 'all-namespaces': all = false, watch = false } = values;
    if (positionals.length === 0) {
      return withCluster(values, io, async (cluster, namespace) => {
        if (watch) return watchList(cluster, all ? undefined : namespace, output, io);
        const found = await cluster.workspaces(all ? undefined : namespace);
        const rows = found.map((workspace) => listed(workspace, cluster.clock.now()));
        print(io, output, rows, () =>
          rows.length === 0
            ? [`no Workspaces${all ? '' : ` in namespace ${namespace}`}`]
            : columns(LIST_HEAD, rows.map(listCells)),
        );
        return 0;
      });
    }
    const name = oneName(positionals);
    if (all) throw new UsageError('--all-namespaces is for the list: leave out the name');
    return withCluster(values, io, async (cluster, namespace) => {
      if (watch) return watchOne(cluster, { namespace, name }, output, io);
      const workspace = await cluster.workspace(namespace, name);
      if (!workspace) {
        io.err(`kaito status: there is no Workspace ${namespace}/${name}; kaito status lists them\n`);
        return 1;
      }
      const now = cluster.clock.now();
      const timeline = timelineOf(workspace, now);
      print(io, output, { ...listed(workspace, now), ...timeline }, () => told(workspace, timeline, now));
      return 0;
    });
  },
};

function told(workspace: Workspace, timeline: Timeline, now: number): readonly string[] {
  const { happenings, now: open, readyAfterSeconds, cost } = timeline;
  const ready = getCondition(workspace.status?.conditions, conditionTypes.workspaceReady)?.status === 'True';
  const why = whyOf(workspace, [], now);
  const hourly = cost.usdPerHour === undefined ? 'nothing an hour now' : `$${cost.usdPerHour} an hour now`;
  return [
    ...columns(
      ['WHEN', 'TOOK', 'WHAT'],
      happenings.map(({ at, tookSeconds, what }) => [
        at,
        tookSeconds === undefined ? '' : duration(tookSeconds * 1000),
        what,
      ]),
    ),
    '',
    ...(open === undefined || ready
      ? [`ready after ${duration((readyAfterSeconds ?? 0) * 1000)}`]
      : [
          `waiting for ${open.waitingFor} since ${duration(open.seconds * 1000)}: ${why.reason}; kaito why ${why.name} -n ${why.namespace} says more`,
        ]),
    `cost: ${hourly}, $${cost.usdSoFar} so far, at list prices`,
  ];
}
