import { withCondition } from '../controllers/conditions.js';
import { fingerprint } from '../controllers/fingerprint.js';
import { nonZero } from '../controllers/status-writer.js';
import { timestamp } from '../controllers/timestamp.js';
import type { Condition, Container, ContainerStateJson, ContainerStatus, Pod, PodStatus } from '../kinds.js';

/** Where one container stands. Times in milliseconds since the epoch. */
export interface ContainerRecord {
  readonly container: Container;
  /** Whether it is one of the init containers, and of those, whether one that keeps running beside the others. */
  readonly role: 'main' | 'init' | 'sidecar';
  state: ContainerState;
  lastState?: TerminatedState;
  ready: boolean;
  started: boolean;
  restartCount: number;
}

export type ContainerState =
  | { readonly is: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly is: 'running'; readonly startedAt: number }
  | TerminatedState;

export interface TerminatedState {
  readonly is: 'terminated';
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** What the kubelet knows of a pod beyond its containers. */
export interface PodFacts {
  readonly records: readonly ContainerRecord[];
  readonly podIP: string | undefined;
  readonly hostIP: string;
  readonly startedAt: number;
  /** Whether nothing will be started any more. */
  readonly terminal?: boolean;
  /** Set when the kubelet itself ended the pod. */
  readonly verdict?: { readonly reason: string; readonly message: string };
}

/** The whole status of a pod, from what its containers do. Phase and conditions follow the kubelet's own rules. */
export function podStatus(pod: Pod, facts: PodFacts, now: number): PodStatus {
  const { records, podIP, hostIP, startedAt, verdict, terminal } = facts;
  const phase = verdict === undefined ? phaseOf(pod, records, terminal) : 'Failed';
  const statuses = (roles: readonly string[]) =>
    records.filter(({ role }) => roles.includes(role)).map((record) => containerStatus(pod, record));
  const inits = statuses(['init', 'sidecar']);
  return {
    phase,
    ...(verdict ?? {}),
    hostIP,
    ...({ hostIPs: [{ ip: hostIP }] } as object),
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime: timestamp(startedAt),
    conditions: conditionsOf(pod, records, phase, podIP !== undefined, now),
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits }),
    containerStatuses: statuses(['main']),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
}

/** The phase by the rules of the kubelet's `getPhase`. `terminal`: nothing will be started any more. */
export function phaseOf(pod: Pod, records: readonly ContainerRecord[], terminal = false): string {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const failed = ({ state }: ContainerRecord) => state.is === 'terminated' && state.exitCode !== 0;
  if (policy === 'Never' && records.some((record) => record.role === 'init' && failed(record))) return 'Failed';
  const main = records.filter(({ role }) => role === 'main');
  if (!terminal && !initialized(records)) return 'Pending';
  if (main.some(({ state, lastState }) => state.is === 'waiting' && lastState === undefined)) {
    return terminal ? 'Failed' : 'Pending';
  }
  if (main.some(({ state }) => state.is === 'running')) return 'Running';
  if (policy === 'Always' && !terminal) return 'Running';
  if (main.every(({ state }) => state.is === 'terminated' && state.exitCode === 0)) return 'Succeeded';
  return policy === 'Never' || terminal ? 'Failed' : 'Running';
}

/** Whether all init containers are through, and the sidecars among them started. */
export function initialized(records: readonly ContainerRecord[]): boolean {
  return records.every(({ role, state, started, lastState }) => {
    if (role === 'init') return state.is === 'terminated' && state.exitCode === 0;
    return role === 'main' || started || lastState !== undefined || state.is === 'terminated';
  });
}

function conditionsOf(
  pod: Pod,
  records: readonly ContainerRecord[],
  phase: string,
  hasSandbox: boolean,
  now: number,
): readonly Condition[] {
  const names = (pick: (record: ContainerRecord) => boolean) =>
    records
      .filter(pick)
      .map(({ container }) => container.name)
      .join(' ');
  const incomplete = names(
    ({ role, state }) => role === 'init' && !(state.is === 'terminated' && state.exitCode === 0),
  );
  const unready = names(({ role, ready }) => role !== 'init' && !ready);
  const notReady =
    phase === 'Succeeded'
      ? { status: 'False', reason: 'PodCompleted' }
      : phase === 'Failed'
        ? { status: 'False', reason: 'PodFailed' }
        : unready === ''
          ? { status: 'True' }
          : { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready}]` };
  const initial =
    initialized(records) || phase === 'Succeeded'
      ? { status: 'True', ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) }
      : {
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${incomplete}]`,
        };
  const wanted: Condition[] = [
    { type: 'PodReadyToStartContainers', status: hasSandbox ? 'True' : 'False' },
    { type: 'Initialized', ...initial },
    { type: 'Ready', ...notReady },
    { type: 'ContainersReady', ...notReady },
    { type: 'PodScheduled', status: 'True' },
  ];
  let conditions: readonly Condition[] = pod.status?.conditions ?? [];
  for (const condition of wanted) conditions = withCondition(conditions, condition, now);
  return conditions;
}

function containerStatus(pod: Pod, record: ContainerRecord): ContainerStatus {
  const { container, state, lastState, ready, started, restartCount } = record;
  const id = `containerd://${fingerprint([pod.metadata.uid, container.name, restartCount], 13)}`;
  const exists = state.is !== 'waiting' || lastState !== undefined;
  return {
    name: container.name,
    image: container.image,
    imageID: exists ? `${container.image}@sha256:simulated` : '',
    ...(exists ? { containerID: id } : {}),
    ready,
    started,
    restartCount,
    state: stateJson(state, id),
    lastState: lastState === undefined ? {} : stateJson(lastState, id),
  };
}

function stateJson(state: ContainerState, containerID: string): ContainerStateJson {
  switch (state.is) {
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } };
    case 'running':
      return { running: { startedAt: timestamp(state.startedAt) } };
    case 'terminated': {
      const signal = nonZero(state.signal ?? 0);
      return {
        terminated: {
          exitCode: state.exitCode,
          ...(signal === undefined ? {} : { signal }),
          reason: state.reason,
          ...(state.message === undefined ? {} : { message: state.message }),
          startedAt: timestamp(state.startedAt),
          finishedAt: timestamp(state.finishedAt),
          containerID,
        },
      };
    }
  }
}

function qosClass(pod: Pod): string {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(({ resources }) => resources ?? {});
  const asks = all.some(({ requests, limits }) =>
    Object.keys({ ...requests, ...limits }).some((name) => name === 'cpu' || name === 'memory'),
  );
  if (!asks) return 'BestEffort';
  const guaranteed = all.every(({ requests, limits }) =>
    (['cpu', 'memory'] as const).every(
      (name) => limits?.[name] !== undefined && String(requests?.[name] ?? limits[name]) === String(limits[name]),
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
