import type { EngineSpec, Plan } from '@kaito-sdk/core';
import { affinity, tolerations } from './placement.js';
import { probes } from './probes.js';

/** What an engine needs beyond the Plan: constants of its runtime. */
export interface PodParts {
  /** A memory-backed /dev/shm, through which processes that share a model exchange tensors. @default false */
  readonly sharedMemory?: boolean;
  /** Whether the engine takes the GPUs of its node. @default true */
  readonly gpus?: boolean;
  /** Volumes that the engine mounts. */
  readonly volumes?: readonly KubeVolume[];
  /** Volumes that only other containers mount. */
  readonly podVolumes?: readonly Omit<KubeVolume, 'mountPath' | 'readOnly'>[];
  readonly initContainers?: readonly Readonly<Record<string, unknown>>[];
  /** Containers beside the engine. */
  readonly sidecars?: readonly Readonly<Record<string, unknown>>[];
  /** Variables of the engine that only the pod knows. */
  readonly env?: readonly Readonly<Record<string, unknown>>[];
  readonly ports?: readonly Readonly<Record<string, unknown>>[];
  /** Probes of the engine. @default HTTP at its health path */
  readonly probes?: Readonly<Record<string, unknown>>;
  /** Beside those of the Plan, each once. */
  readonly pullSecrets?: readonly string[];
  readonly serviceAccount?: string;
  /** Labels of the pods that no selector names. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Annotations of the pod template: a change of any of them rolls the pods. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

/** A volume and where it is mounted. */
export interface KubeVolume {
  readonly name: string;
  readonly source: Readonly<Record<string, unknown>>;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

/** Two parts as one: lists one after the other, and of what there can be one the last. */
export function together(one: PodParts, next: PodParts): PodParts {
  return {
    ...one,
    ...next,
    sharedMemory: (one.sharedMemory ?? false) || (next.sharedMemory ?? false),
    volumes: [...(one.volumes ?? []), ...(next.volumes ?? [])],
    podVolumes: [...(one.podVolumes ?? []), ...(next.podVolumes ?? [])],
    initContainers: [...(one.initContainers ?? []), ...(next.initContainers ?? [])],
    sidecars: [...(one.sidecars ?? []), ...(next.sidecars ?? [])],
    env: [...(one.env ?? []), ...(next.env ?? [])],
    ports: [...(one.ports ?? []), ...(next.ports ?? [])],
    pullSecrets: [...(one.pullSecrets ?? []), ...(next.pullSecrets ?? [])],
    podLabels: { ...one.podLabels, ...next.podLabels },
    podAnnotations: { ...one.podAnnotations, ...next.podAnnotations },
  };
}

/** The pod that runs an engine on all GPUs of a node. */
export function podSpec(plan: Plan, parts: PodParts): Readonly<Record<string, unknown>> {
  const { engine } = plan;
  const volumes: readonly KubeVolume[] = [
    ...(parts.sharedMemory
      ? [{ name: 'dshm', source: { emptyDir: { medium: 'Memory' } }, mountPath: '/dev/shm' }]
      : []),
    ...(parts.volumes ?? []),
  ];
  const all = [...volumes, ...(parts.podVolumes ?? [])];
  const secrets = [...new Set([...(engine.pullSecrets ?? []), ...(parts.pullSecrets ?? [])])];
  return {
    // An engine never speaks to the API server, and runs code that came with a model.
    automountServiceAccountToken: false,
    ...(parts.serviceAccount === undefined ? {} : { serviceAccountName: parts.serviceAccount }),
    // A Service named like an engine would set variables that the engine takes for its own settings.
    enableServiceLinks: false,
    ...affinity(plan),
    tolerations: tolerations(plan),
    ...(secrets.length > 0 ? { imagePullSecrets: secrets.map((name) => ({ name })) } : {}),
    ...(parts.initContainers?.length ? { initContainers: parts.initContainers } : {}),
    containers: [engineContainer(plan, parts, volumes), ...(parts.sidecars ?? [])],
    ...(all.length > 0 ? { volumes: all.map(({ name, source }) => ({ name, ...source })) } : {}),
  };
}

function engineContainer(
  { engine, nodes, workspace }: Plan,
  parts: PodParts,
  volumes: readonly KubeVolume[],
): Readonly<Record<string, unknown>> {
  const gpus = { [nodes.gpuResource]: String(nodes.gpusPerNode) };
  const env = environment(engine, parts);
  return {
    name: workspace.name,
    image: engine.image,
    command: engine.command,
    ...(engine.args ? { args: engine.args } : {}),
    ...(engine.workingDir ? { workingDir: engine.workingDir } : {}),
    ...(env.length > 0 ? { env } : {}),
    ports: [{ name: 'http', containerPort: engine.port, protocol: 'TCP' }, ...(parts.ports ?? [])],
    resources: parts.gpus !== false && nodes.gpusPerNode > 0 ? { requests: gpus, limits: gpus } : {},
    ...(parts.probes ?? probes(engine)),
    securityContext: { allowPrivilegeEscalation: false },
    // Without it the reason of a crash is in a log that is gone with the container.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(volumes.length > 0 ? { volumeMounts: volumes.map(mount) } : {}),
  };
}

function environment({ env, secretEnv = [] }: EngineSpec, parts: PodParts): readonly unknown[] {
  const secrets = secretEnv.map(({ name, secret, key }) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key } },
  }));
  return [...(parts.env ?? []), ...env, ...secrets];
}

function mount({ name, mountPath, readOnly }: KubeVolume): Readonly<Record<string, unknown>> {
  return { name, mountPath, ...(readOnly ? { readOnly } : {}) };
}
