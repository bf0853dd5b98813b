import type { KubeObject, Plan } from '@kaito-sdk/core';
import { workspaceLabels } from './labels.js';
import { affinity, tolerations } from './placement.js';
import { probes } from './probes.js';

/** What an engine needs beyond the Plan: constants of its runtime. */
export interface PodExtras {
  /** A memory-backed /dev/shm, through which processes that share a model exchange tensors. */
  readonly sharedMemory: boolean;
  readonly volumes?: readonly KubeVolume[];
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

/**
 * Seconds that a rollout may take before the engine starts: the pod exists from the node's join on, and waits for driver, device
 * plugin and image. KAITO's own trace of a cold start has about 550 s before the engine; the default deadline of a Deployment
 * (600 s) is shorter than most starts.
 */
const BEFORE_START = 1800;

/** One pod a node, each with all GPUs of its node and a whole copy of the model. */
export function deployment(plan: Plan, extras: PodExtras): KubeObject {
  const labels = workspaceLabels(plan);
  const { name, namespace } = plan.workspace;
  const annotations = extras.podAnnotations ?? {};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: plan.nodes.count,
      // No surge: there is no spare node for a pod more.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      progressDeadlineSeconds: plan.engine.startupSeconds + BEFORE_START,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
        spec: podSpec(plan, extras),
      },
    },
  };
}

function podSpec(plan: Plan, extras: PodExtras): Readonly<Record<string, unknown>> {
  const { engine, nodes } = plan;
  const volumes: readonly KubeVolume[] = [
    ...(extras.sharedMemory
      ? [{ name: 'dshm', source: { emptyDir: { medium: 'Memory' } }, mountPath: '/dev/shm' }]
      : []),
    ...(extras.volumes ?? []),
  ];
  const gpus = { [nodes.gpuResource]: String(nodes.gpusPerNode) };
  const secrets = engine.pullSecrets ?? [];
  return {
    // An engine never speaks to the API server, and runs code that came with a model.
    automountServiceAccountToken: false,
    // A Service named like an engine would set variables that the engine takes for its own settings.
    enableServiceLinks: false,
    ...affinity(plan),
    tolerations: tolerations(plan),
    ...(secrets.length > 0 ? { imagePullSecrets: secrets.map((name) => ({ name })) } : {}),
    containers: [
      {
        name: plan.workspace.name,
        image: engine.image,
        command: engine.command,
        ...(engine.args ? { args: engine.args } : {}),
        ...(engine.workingDir ? { workingDir: engine.workingDir } : {}),
        ...(engine.env.length > 0 ? { env: engine.env } : {}),
        ports: [{ name: 'http', containerPort: engine.port, protocol: 'TCP' }],
        resources: { requests: gpus, limits: gpus },
        ...probes(engine),
        securityContext: { allowPrivilegeEscalation: false },
        // Without it the reason of a crash is in a log that is gone with the container.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        ...(volumes.length > 0 ? { volumeMounts: volumes.map(mount) } : {}),
      },
    ],
    ...(volumes.length > 0 ? { volumes: volumes.map(({ name, source }) => ({ name, ...source })) } : {}),
  };
}

function mount({ name, mountPath, readOnly }: KubeVolume): Readonly<Record<string, unknown>> {
  return { name, mountPath, ...(readOnly ? { readOnly } : {}) };
}
