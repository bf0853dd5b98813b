import type { Workspace } from '@kaito-sdk/core';
import { type Why, whyOf } from '../story/why.js';
import type { AskedCluster } from './cluster.js';
import type { CommandIo } from './command.js';
import type { LiveView } from './live-view.js';
import { type WorkspaceChange, watching } from './watching.js';

export interface Goal {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly wanted: 'ready' | 'delete';
  /** 0 looks once. */
  readonly timeoutMs: number;
  /** Whether to go on where a person must act first. */
  readonly ignoreBlocked: boolean;
}

/** How a wait ended, with what there is of the Workspaces by then. */
export type WaitEnd = { readonly workspaces: readonly Workspace[] } & (
  | { readonly kind: 'reached' | 'stuck' | 'late' }
  | { readonly kind: 'missing' | 'deleted'; readonly name: string }
);

/** Watches Workspaces until all are ready, or gone, or one will not be. Undefined when the command was told to end. */
export async function until(cluster: AskedCluster, goal: Goal, io: CommandIo): Promise<WaitEnd | undefined> {
  let end: WaitEnd | undefined;
  let hush: () => void = () => undefined;
  await watching({ cluster, io, command: 'wait', namespace: goal.namespace }, (first, live) => {
    const wait = new Wait(goal, live, () => cluster.clock.now());
    const judge = (change?: WorkspaceChange): void => {
      end ??= change === undefined ? wait.begin(first) : wait.next(change);
      if (end) live.end();
    };
    judge();
    if (goal.timeoutMs === 0) end ??= wait.late();
    hush = cluster.clock.after(goal.timeoutMs, () => {
      end ??= wait.late();
      live.end();
    });
    return judge;
  });
  hush();
  return end;
}

class Wait {
  private readonly seen = new Map<string, Workspace>();
  private readonly told = new Map<string, string>();

  constructor(
    private readonly goal: Goal,
    private readonly live: LiveView,
    private readonly now: () => number,
  ) {}

  begin(first: readonly WorkspaceChange[]): WaitEnd | undefined {
    const { names, wanted } = this.goal;
    for (const change of first) this.take(change);
    const name = names.find((one) => !this.seen.has(one));
    if (wanted === 'ready' && name !== undefined) return { kind: 'missing', name, workspaces: this.workspaces };
    return this.verdict();
  }

  next(change: WorkspaceChange): WaitEnd | undefined {
    const { name } = change.object.metadata;
    if (!this.take(change)) return undefined;
    if (change.type === 'deleted' && this.goal.wanted === 'ready')
      return { kind: 'deleted', name, workspaces: this.workspaces };
    return this.verdict();
  }

  late(): WaitEnd {
    return { kind: 'late', workspaces: this.workspaces };
  }

  private get workspaces(): readonly Workspace[] {
    return [...this.seen.values()];
  }

  /** Whether it is about one that is waited for. */
  private take({ type, object }: WorkspaceChange): boolean {
    const { name } = object.metadata;
    if (!this.goal.names.includes(name)) return false;
    if (type === 'deleted') this.seen.delete(name);
    else this.seen.set(name, object as unknown as Workspace);
    return true;
  }

  private verdict(): WaitEnd | undefined {
    const whys = this.workspaces.map((workspace) => whyOf(workspace, [], this.now()));
    const kind = verdictOf(this.goal, whys);
    if (kind === undefined) for (const why of whys) this.tell(why);
    return kind === undefined ? undefined : { kind, workspaces: this.workspaces };
  }

  /** Messages count up (`1 of 3 nodes`), so a state is told again only when its reason is another. */
  private tell({ namespace, name, state, condition, reason }: Why): void {
    const stands = `${state}${condition === undefined ? '' : ` at ${condition}`} (${reason})`;
    if (state !== 'ready' && this.told.get(name) !== stands) this.live.say(`${namespace}/${name} is ${stands}`);
    this.told.set(name, stands);
  }
}

function verdictOf({ wanted, ignoreBlocked }: Goal, whys: readonly Why[]): 'reached' | 'stuck' | undefined {
  if (wanted === 'delete') return whys.length === 0 ? 'reached' : undefined;
  const stuck = ignoreBlocked ? ['failed', 'leaving'] : ['failed', 'leaving', 'blocked'];
  if (whys.some(({ state }) => stuck.includes(state))) return 'stuck';
  return whys.every(({ state }) => state === 'ready') ? 'reached' : undefined;
}
