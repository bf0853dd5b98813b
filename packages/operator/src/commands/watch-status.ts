import type { Workspace } from '@kaito-sdk/core';
import { duration } from '../story/duration.js';
import { timelineOf } from '../story/timeline.js';
import { whyOf } from '../story/why.js';
import type { AskedCluster } from './cluster.js';
import type { CommandIo } from './command.js';
import { LIST_HEAD, type Listed, listCells, listed } from './listed.js';
import type { LiveView } from './live-view.js';
import { GrowingTable, type Output, printOne } from './output.js';
import { type WorkspaceChange, watching } from './watching.js';

/** As kubectl calls them with `--output-watch-events`. */
const EVENTS = { added: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' } as const;
/** Room for what a Workspace goes through, so that the columns stand still: machines, states and reasons have long names. */
const LIST_WIDTHS = [9, 12, 22, 5, 7, 22, 6, 5];

/** Prints the Workspaces of a namespace, or of all, and then the row of each that changes, until the command is told to end. */
export async function watchList(
  cluster: AskedCluster,
  namespace: string | undefined,
  output: Output,
  io: CommandIo,
): Promise<number> {
  const table = new GrowingTable(LIST_HEAD, LIST_WIDTHS);
  const shown = new Map<string, string>();
  const show = (change: WorkspaceChange): void => {
    const row = rowOf(change, cluster.clock.now());
    const key = `${row.namespace}/${row.name}`;
    // Only the age has gone on.
    const text = JSON.stringify({ ...row, ageSeconds: 0 });
    if (shown.get(key) === text) return;
    shown.set(key, text);
    if (output === 'table') io.out(table.row(listCells(row)));
    else printOne(io, output, { event: EVENTS[change.type], ...row });
  };
  await watching({ cluster, io, command: 'status', namespace }, (first, live) => {
    if (first.length === 0) live.say(`no Workspaces${namespace === undefined ? '' : ` in namespace ${namespace}`} yet`);
    const sorted = first.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
    for (const change of sorted) table.fit(listCells(rowOf(change, cluster.clock.now())));
    sorted.forEach(show);
    return show;
  });
  return 0;
}

/** Tells what has happened to one Workspace, and then what happens, until the command is told to end or the Workspace is gone. */
export async function watchOne(
  cluster: AskedCluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  output: Output,
  io: CommandIo,
): Promise<number> {
  const story = new ToldStory();
  let missing = false;
  const show = (change: WorkspaceChange, live: LiveView): void => {
    if (change.object.metadata.name !== name) return;
    const now = cluster.clock.now();
    if (output === 'table') io.out(story.news(workspaceOf(change), change.type === 'deleted', now));
    else
      printOne(io, output, {
        event: EVENTS[change.type],
        ...rowOf(change, now),
        ...timelineOf(workspaceOf(change), now),
      });
    if (change.type === 'deleted') live.end();
  };
  await watching({ cluster, io, command: 'status', namespace }, (first, live) => {
    const found = first.find(({ object }) => object.metadata.name === name);
    if (found) show(found, live);
    else {
      missing = true;
      live.say(`there is no Workspace ${namespace}/${name}; kaito status lists them`);
      live.end();
    }
    return (change) => show(change, live);
  });
  return missing ? 1 : 0;
}

/** The story of a Workspace as a table that goes on: each happening once, and where it stands whenever that is something else. */
class ToldStory {
  private readonly table = new GrowingTable(['WHEN', 'TOOK', 'WHAT'], [20, 6, 0]);
  private readonly told = new Set<string>();
  private stands = '';

  /** The rows that are new. */
  news(workspace: Workspace, gone: boolean, now: number): string {
    const rows: string[] = [];
    for (const { at, tookSeconds, what } of timelineOf(workspace, now).happenings) {
      if (this.told.has(`${at} ${what}`)) continue;
      this.told.add(`${at} ${what}`);
      rows.push(this.table.row([at, tookSeconds === undefined ? '' : duration(tookSeconds * 1000), what]));
    }
    const stands = gone ? 'deleted' : standing(workspace, now);
    if (stands !== this.stands) rows.push(this.table.row([`${new Date(now).toISOString().slice(0, 19)}Z`, '', stands]));
    this.stands = stands;
    return rows.join('');
  }
}

/** `waiting at NodeClaimReady (CapacityUnavailable): gpu.small has no capacity`. */
function standing(workspace: Workspace, now: number): string {
  const { state, condition, reason, message, sentence } = whyOf(workspace, [], now);
  if (state === 'ready') return 'ready';
  return condition === undefined || message === undefined
    ? sentence
    : `${state} at ${condition} (${reason}): ${message}`;
}

function rowOf(change: WorkspaceChange, now: number): Listed {
  const row = listed(workspaceOf(change), now);
  return change.type === 'deleted' ? { ...row, state: 'deleted' } : row;
}

/** Objects of a cache are frozen plain JSON, as those of a list. */
function workspaceOf({ object }: WorkspaceChange): Workspace {
  return object as unknown as Workspace;
}

function placeOf({ object: { metadata } }: WorkspaceChange): string {
  return `${metadata.namespace}/${metadata.name}`;
}
