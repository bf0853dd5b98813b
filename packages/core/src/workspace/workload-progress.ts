import type { Workspace } from '../api/workspace.js';
import type { Clock } from '../clock.js';
import { keyText, type ObjectKey } from '../engine/object-key.js';
import type { KubeObject } from '../kube/objects.js';
import type { PodLogs } from '../kube/pod-logs.js';
import type { ProgressReport, WorkloadLogs } from '../plugin/runtime.js';

/** What a running workload has told since it was asked last. */
export interface Progress {
  readonly latest: ProgressReport | undefined;
  /** Those that are worth an event, oldest first. */
  readonly told: readonly ProgressReport[];
}

export interface WorkloadProgressProps {
  readonly logs: PodLogs;
  readonly clock: Clock;
  /** Asks for a pass over a Workspace that has something new to say. */
  readonly wake: (key: ObjectKey) => void;
  /** Hears of each report with figures. */
  readonly figures?: (key: ObjectKey, figures: Readonly<Record<string, number>> | undefined) => void;
}

/** Between two passes for the sake of progress: a status is for people, and each write of one costs every watcher. */
const QUIET_MS = 10_000;

/** A restart of the operator reads on from here; what was told before that is told again once. */
const TAIL_LINES = 20;

/** Between two passes; of what is printed faster only the last is told. */
const MOST_TOLD = 20;

interface Speaker {
  readonly pod: KubeObject;
  readonly container: string;
}

interface Follower {
  /** The one that is followed now: the uid of its pod, and its name. */
  container: string;
  readonly stop: AbortController;
  latest?: ProgressReport;
  told: ProgressReport[];
  /** When the next pass may be asked for. */
  quietUntil: number;
  waking: boolean;
  /** Nobody reads any more: the connection broke. */
  over: boolean;
}

/**
 * Follows what the containers of running workloads print, one open request each. Nothing is polled, and nothing is kept that a restart
 * would lose: the next process reads the same lines.
 */
export class WorkloadProgress {
  private readonly followers = new Map<string, Follower>();

  constructor(private readonly props: WorkloadProgressProps) {}

  /** Follows the first container of these pods that runs and has something to say, and answers what it told. */
  of({ metadata }: Workspace, pods: readonly KubeObject[], logs: WorkloadLogs): Progress | undefined {
    const key = { namespace: metadata.namespace ?? '', name: metadata.name };
    const text = keyText(key);
    const found = speaker(pods, logs);
    const identity = found && `${found.pod.metadata.uid} ${found.container}`;
    let follower = this.followers.get(text);
    if (found === undefined || identity === undefined) {
      this.forget(key);
      // What it said last is news although it says no more.
      return follower && { latest: undefined, told: follower.told };
    }
    if (follower === undefined) {
      follower = { container: '', stop: new AbortController(), told: [], quietUntil: 0, waking: false, over: true };
      this.followers.set(text, follower);
    }
    if (follower.container !== identity) {
      // The one before is read to its end: its last words may still be on their way.
      follower.container = identity;
      delete follower.latest;
      follower.over = true;
    }
    if (follower.over) {
      follower.over = false;
      void this.follow(key, follower, found, logs);
    }
    const { latest, told } = follower;
    follower.told = [];
    return { latest, told };
  }

  /** Reads no more of a Workspace. */
  forget(key: ObjectKey): void {
    const text = keyText(key);
    const follower = this.followers.get(text);
    if (follower === undefined) return;
    follower.stop.abort();
    this.followers.delete(text);
    this.props.figures?.(key, undefined);
  }

  private async follow(
    key: ObjectKey,
    follower: Follower,
    { pod, container }: Speaker,
    logs: WorkloadLogs,
  ): Promise<void> {
    const { namespace = '', name } = pod.metadata;
    const { signal } = follower.stop;
    const identity = follower.container;
    try {
      for await (const line of this.props.logs.follow({
        namespace,
        pod: name,
        container,
        tailLines: TAIL_LINES,
        signal,
      })) {
        const report = logs.read(line);
        if (report === undefined || signal.aborted) continue;
        if (report.event) follower.told = [...follower.told, report].slice(-MOST_TOLD);
        // What a container that is over says counts as news, not as how things stand.
        const speaks = follower.container === identity;
        if (speaks) follower.latest = report;
        if (speaks && report.figures) this.props.figures?.(key, report.figures);
        // Whether adapters are served is waited for; how far a training has come is not.
        if (report.adapters) follower.quietUntil = 0;
        this.wake(key, follower);
      }
    } catch {
      // A broken connection. A container that still runs is followed again at the next pass.
    } finally {
      if (follower.container === identity) follower.over = true;
    }
  }

  /** At once, and then not again for a while; what comes in between is told together. */
  private wake(key: ObjectKey, follower: Follower): void {
    if (follower.waking) return;
    const { clock, wake } = this.props;
    const wait = Math.max(0, follower.quietUntil - clock.now());
    follower.waking = true;
    clock.after(wait, () => {
      follower.waking = false;
      follower.quietUntil = clock.now() + QUIET_MS;
      if (!follower.stop.signal.aborted) wake(key);
    });
  }
}

function speaker(pods: readonly KubeObject[], { containers }: WorkloadLogs): Speaker | undefined {
  for (const container of containers) {
    for (const pod of pods) if (runs(pod, container)) return { pod, container };
  }
  return undefined;
}

function runs(pod: KubeObject, container: string): boolean {
  const { containerStatuses = [] } = (pod.status ?? {}) as {
    readonly containerStatuses?: readonly { readonly name: string; readonly state?: { readonly running?: unknown } }[];
  };
  return containerStatuses.some(({ name, state }) => name === container && state?.running !== undefined);
}
