import { parseArgs } from 'node:util';
import { conditionTypes, getCondition, systemClock, type Workspace } from '@kaito-sdk/core';
import { duration } from '../story/duration.js';
import { type Timeline, timelineOf } from '../story/timeline.js';
import { whyOf } from '../story/why.js';
import { UsageError } from '../usage-error.js';
import { clusterOptions, clusterUsage, withCluster } from './cluster.js';
import type { Command } from './command.js';
import { columns, outputOf, print } from './output.js';
import { oneName } from './why.js';

/** `kaito status`: which phase of a Workspace took how long, and what it costs. */
export const statusCommand: Command = {
  name: 'status',
  summary: 'list Workspaces, or tell the timeline of one: which phase took how long, and what it costs',
  usage: `Usage: kaito status [NAME] [options]

${clusterUsage}
  -A, --all-namespaces    without a name: those of all namespaces
  -o, --output FORMAT     table, json or yaml             [table]

Costs are by list prices, for the time that the nodes on record have been there.
Exit codes: 0; 1 there is none of that name; 2 wrong usage.
`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...clusterOptions,
        output: { type: 'string', short: 'o' },
        'all-namespaces': { type: 'boolean', short: 'A' },
      },
      allowPositionals: true,
    });
    const output = outputOf(values.output);
    const { 'all-namespaces': all = false } = values;
    if (positionals.length === 0) {
      return withCluster(values, async (cluster, namespace) => {
        const found = await cluster.workspaces(all ? undefined : namespace);
        const rows = found.map((workspace) => listed(workspace, systemClock.now()));
        print(io, output, rows, () =>
          rows.length === 0
            ? [`no Workspaces${all ? '' : ` in namespace ${namespace}`}`]
            : columns(HEAD, rows.map(cells)),
        );
        return 0;
      });
    }
    const name = oneName(positionals);
    if (all) throw new UsageError('--all-namespaces is for the list: leave out the name');
    return withCluster(values, async (cluster, namespace) => {
      const workspace = await cluster.workspace(namespace, name);
      if (!workspace) {
        io.err(`kaito status: there is no Workspace ${namespace}/${name}; kaito status lists them\n`);
        return 1;
      }
      const now = systemClock.now();
      const timeline = timelineOf(workspace, now);
      print(io, output, { ...listed(workspace, now), ...timeline }, () => told(workspace, timeline, now));
      return 0;
    });
  },
};

/** One Workspace in the list. */
interface Listed {
  readonly namespace: string;
  readonly name: string;
  readonly instanceType?: string;
  readonly nodes: number;
  readonly state: string;
  /** The reason of the first condition that is not True. */
  readonly reason: string;
  readonly usdPerHour?: number;
  readonly ageSeconds: number;
}

function listed(workspace: Workspace, now: number): Listed {
  const { metadata, status, resource } = workspace;
  const { name, namespace = 'default', creationTimestamp } = metadata;
  const plan = status?.plan;
  const instanceType = plan?.feasible ? plan.nodes.instanceType : resource?.instanceType;
  const { cost } = timelineOf(workspace, now);
  const why = whyOf(workspace, [], now);
  return {
    namespace,
    name,
    ...(instanceType === undefined ? {} : { instanceType }),
    nodes: status?.workerNodes?.length ?? 0,
    state: why.state,
    reason: why.reason,
    ...(cost.usdPerHour === undefined ? {} : { usdPerHour: cost.usdPerHour }),
    ageSeconds:
      creationTimestamp === undefined ? 0 : Math.max(0, Math.round((now - Date.parse(creationTimestamp)) / 1000)),
  };
}

const HEAD = ['NAMESPACE', 'NAME', 'INSTANCE', 'NODES', 'STATE', 'REASON', '$/HOUR', 'AGE'];

function cells({ namespace, name, instanceType, nodes, state, reason, usdPerHour, ageSeconds }: Listed): string[] {
  return [
    namespace,
    name,
    instanceType ?? '-',
    String(nodes),
    state,
    reason,
    usdPerHour === undefined ? '-' : String(usdPerHour),
    duration(ageSeconds * 1000),
  ];
}

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
