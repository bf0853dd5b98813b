import type { Container, NodeObject, Pod, Probe } from '../kinds.js';
import type { ContainerLog } from './container-log.js';
import type { Refusal } from './image-program.js';
import type { VolumeContent } from './volumes.js';

/**
 * What a kubelet runs containers with: local processes, or nothing but a script. Everything above it (order of start,
 * restarts, back-off, probes, status, events) is the same for both.
 */
export interface ContainerRuntime {
  /** Whether the image can be had; a refusal otherwise. */
  pull(image: string, pod: Pod): Promise<Refusal | undefined>;
  /** Makes the place that the containers of one pod share. */
  sandbox(pod: Pod, address: string, node: NodeObject | undefined): Promise<PodSandbox>;
  /** Ends everything that is left, files included. */
  stop(): Promise<void>;
}

/** What the containers of one pod share: volumes and the network. */
export interface PodSandbox {
  /** Brings the volumes to this content. */
  mount(volumes: readonly VolumeContent[]): Promise<void>;
  start(request: StartRequest): Promise<RunningContainer | Refusal>;
  /** Where a port of the pod can be reached from this process. */
  endpoint(port: number): { readonly host: string; readonly port: number } | undefined;
  close(): Promise<void>;
}

export interface StartRequest {
  readonly container: Container;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly restartCount: number;
  readonly log: ContainerLog;
}

/** One started container. */
export interface RunningContainer {
  readonly exited: Promise<ContainerExit>;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** One try. It never throws, and answers within `timeoutMs` of real time. */
  probe(probe: Probe, timeoutMs: number): Promise<ProbeResult>;
  /** Present where readiness is scripted: the probes of the manifest are not run then. */
  readonly readiness?: Promise<void>;
}

export interface ContainerExit {
  readonly exitCode: number;
  /** Number of the signal that ended it. */
  readonly signal?: number;
  /** Default: `Completed` for 0, `Error` otherwise. */
  readonly reason?: string;
  readonly message?: string;
}

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Tells a refusal from whatever else may be answered. */
export function isRefusal(answer: object): answer is Refusal {
  return 'refuse' in answer;
}
