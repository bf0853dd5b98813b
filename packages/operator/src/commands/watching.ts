import { type InformerChange, type KubeObject, WORKSPACES } from '@kaito-sdk/core';
import type { AskedCluster } from './cluster.js';
import type { CommandIo } from './command.js';
import { LiveView } from './live-view.js';

export type WorkspaceChange = InformerChange<KubeObject>;

export interface Watching {
  readonly cluster: AskedCluster;
  readonly io: CommandIo;
  /** The command, as its words on standard error begin. */
  readonly command: string;
  /** Left out: all namespaces. */
  readonly namespace?: string | undefined;
}

/**
 * Watches Workspaces until the command is told to end: `begin` gets those that are there, and answers what is to be called with each change.
 * @throws what no patience cures: no right to watch, no such kind, a server that was never there
 */
export async function watching(
  { cluster, io, command, namespace }: Watching,
  begin: (first: readonly WorkspaceChange[], live: LiveView) => (change: WorkspaceChange) => void,
): Promise<void> {
  const live = new LiveView(cluster, io, command);
  try {
    const informer = live.cache.informer(WORKSPACES, namespace === undefined ? {} : { namespace });
    await live.listed();
    if (io.signal.aborted) return;
    const first: WorkspaceChange[] = [];
    let show = (change: WorkspaceChange): void => void first.push(change);
    informer.subscribe((change) => show(change));
    show = begin(first, live);
    await live.ended();
  } finally {
    live.stop();
  }
}
