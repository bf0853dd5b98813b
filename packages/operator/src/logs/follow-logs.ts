import { type Informer, type KubeObject, PODS, WORKSPACES, type Workspace } from '@kaito-sdk/core';
import type { AskedCluster } from '../commands/cluster.js';
import type { CommandIo } from '../commands/command.js';
import { LiveView } from '../commands/live-view.js';
import { whyOf } from '../story/why.js';
import { followContainer } from './follow-container.js';
import { LogPrinter } from './log-printer.js';
import { type LogWish, podsOf } from './log-wish.js';
import { noContainer, notYet } from './no-log.js';
import { byAge, containerOf, factsOf, type LoggedPod } from './pod-facts.js';

/** Prints what the pods of a Workspace print, also those that come later, until it is told to end or there is nothing left to come. */
export async function followLogs(cluster: AskedCluster, wish: LogWish, io: CommandIo): Promise<number> {
  const live = new LiveView(cluster, io, 'logs');
  const over = new AbortController();
  try {
    const { namespace, name } = wish;
    const workspaces = live.cache.informer(WORKSPACES, { namespace });
    const pods = live.cache.informer<LoggedPod>(PODS, { namespace, labelSelector: podsOf(name) });
    await live.listed();
    if (io.signal.aborted) return 0;
    if (workspaces.get(namespace, name) === undefined) {
      live.say(`there is no Workspace ${namespace}/${name}; kaito status lists them`);
      return 1;
    }
    const following = new Following({ cluster, wish, live, pods, workspaces, signal: over.signal, io });
    for (const pod of pods.list().toSorted(byAge)) following.learn(pod);
    pods.subscribe(({ type, object }) => (type === 'deleted' ? following.forget(object) : following.learn(object)));
    workspaces.subscribe(({ object }) => {
      if (object.metadata.name === name) following.look();
    });
    await live.ended();
    return 0;
  } finally {
    over.abort();
    live.stop();
  }
}

interface Surroundings {
  readonly cluster: AskedCluster;
  readonly wish: LogWish;
  readonly live: LiveView;
  readonly pods: Informer<LoggedPod>;
  readonly workspaces: Informer<KubeObject>;
  readonly signal: AbortSignal;
  readonly io: CommandIo;
}

class Following {
  private readonly printer: LogPrinter;
  /** By uid: those that are followed, or were. */
  private readonly known = new Set<string>();
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly told = new Map<string, string>();
  private open = 0;
  private readonly began: number;

  constructor(private readonly around: Surroundings) {
    this.began = around.pods.list().length;
    this.printer = new LogPrinter(around.io, { ...around.wish, several: this.began > 1 });
    around.signal.addEventListener('abort', () => {
      for (const uid of this.waiting.keys()) this.wake(uid);
    });
  }

  learn(pod: LoggedPod): void {
    const { uid = '', name } = pod.metadata;
    const { wish } = this.around;
    const container = containerOf(pod, wish.name, wish.container);
    if (container === undefined) this.tell(uid, noContainer([pod], wish.container));
    else {
      if (factsOf(pod, container).run === undefined) this.tell(uid, notYet(pod, container));
      if (!this.known.has(uid)) void this.follow(uid, name, container);
      this.wake(uid);
    }
  }

  forget(pod: LoggedPod): void {
    this.wake(pod.metadata.uid ?? '');
    this.look();
  }

  /** Says what is waited for while there is no pod, and ends when nothing is left to come. */
  look(): void {
    if (this.open > 0) return;
    const { cluster, live, pods, wish, workspaces } = this.around;
    const workspace = workspaces.get(wish.namespace, wish.name) as unknown as Workspace | undefined;
    const why = workspace === undefined ? undefined : whyOf(workspace, [], cluster.clock.now());
    if (why === undefined) live.end();
    else if (workspace?.tuning !== undefined && (why.state === 'ready' || why.state === 'failed')) {
      live.say(why.sentence);
      live.end();
    } else if (pods.list().length === 0) this.tell(why.reason, `no pod yet. ${why.sentence} ${why.next}`);
  }

  private async follow(uid: string, pod: string, container: string): Promise<void> {
    const { cluster, live, pods, signal, wish } = this.around;
    const { namespace, tailLines, sinceTime } = wish;
    this.known.add(uid);
    const fromTheStart = this.known.size <= this.began;
    this.open++;
    try {
      await followContainer({
        transport: cluster.attended,
        clock: cluster.clock,
        source: { namespace, pod, container },
        // Of pods that come later everything is new.
        extent: fromTheStart ? { tailLines, sinceTime } : {},
        signal,
        facts: () => {
          const now = pods.get(namespace, pod);
          return now?.metadata.uid === uid ? factsOf(now, container) : undefined;
        },
        change: () => this.change(uid),
        print: this.printer.begin(pod, container),
        brokeOff: (cause) => live.say(`the log of pod ${pod} broke off (${cause}); trying until it goes on`),
      });
    } catch (error) {
      live.fail(error);
    } finally {
      this.open--;
    }
    if (!signal.aborted) this.look();
  }

  private tell(about: string, words: string): void {
    if (this.told.get(about) !== words) this.around.live.say(words);
    this.told.set(about, words);
  }

  private change(uid: string): Promise<void> {
    if (this.around.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.waiting.get(uid) ?? new Set();
      this.waiting.set(uid, waiting.add(resolve));
    });
  }

  private wake(uid: string): void {
    const waiting = this.waiting.get(uid);
    this.waiting.delete(uid);
    for (const resolve of waiting ?? []) resolve();
  }
}
