import type { KubeObject } from '@kaito-sdk/core';

/** What of a pod matters for its logs. */
export interface LoggedPod extends KubeObject {
  readonly spec?: {
    readonly initContainers?: readonly { readonly name: string }[];
    readonly containers?: readonly { readonly name: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly initContainerStatuses?: readonly ContainerState[];
    readonly containerStatuses?: readonly ContainerState[];
  };
}

interface ContainerState {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly running?: object;
    readonly terminated?: object;
  };
  readonly lastState?: { readonly terminated?: object };
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

export function containersOf({ spec }: LoggedPod): readonly string[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ name }) => name);
}

/**
 * The container that was asked for; else the one that the pod names itself, as kubectl does; else that of the model, which is called as its
 * Workspace; else the first.
 */
export function containerOf(pod: LoggedPod, workspace: string, asked: string | undefined): string | undefined {
  const there = containersOf(pod);
  const named = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  const wanted = asked === undefined ? [named, workspace, there[0]] : [asked];
  return wanted.find((name) => name !== undefined && there.includes(name));
}

/** How a container of a pod stands. */
export interface ContainerFacts {
  /** The number of the run that there is a log of; undefined before the first. */
  readonly run: number | undefined;
  readonly running: boolean;
  /** Its pod has ended, and runs nothing any more. */
  readonly over: boolean;
  /** Why it does not run: `PodInitializing`, `CrashLoopBackOff`. */
  readonly waits: string | undefined;
}

export function factsOf({ status }: LoggedPod, container: string): ContainerFacts {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const { state, lastState, restartCount = 0 } = all.find(({ name }) => name === container) ?? {};
  const began = state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;
  return {
    run: began ? restartCount : undefined,
    running: state?.running !== undefined,
    over: status?.phase === 'Succeeded' || status?.phase === 'Failed',
    waits: state?.waiting?.reason,
  };
}

/** The init container that the others wait for. */
export function initializing({ status }: LoggedPod): string | undefined {
  return status?.initContainerStatuses?.find(({ state }) => state?.running !== undefined)?.name;
}

/** The older first. */
export function byAge(a: KubeObject, b: KubeObject): number {
  const [one, other] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`);
  return (one ?? '') < (other ?? '') ? -1 : 1;
}
