import {
  type Condition,
  Controller,
  done,
  type KubeClient,
  type KubeObject,
  NODES,
  Operator,
  type Outcome,
  PODS,
  type ResourceKind,
  registerKind,
  systemClock,
  type Transport,
} from '@kaito-sdk/core';
import { ask } from './ask.js';

export const NODE_CLAIMS: ResourceKind = registerKind({
  group: 'karpenter.sh',
  version: 'v1',
  kind: 'NodeClaim',
  plural: 'nodeclaims',
  namespaced: false,
});

/** What it can rent out: GPUs by instance type. */
const GPUS: Readonly<Record<string, number>> = { Standard_NC6s_v3: 1, Standard_NC24ads_A100_v4: 1 };

const TERMINATION = 'karpenter.sh/termination';
const RUNTIME_VERSION = 'v1.34.4';

interface ClaimSpec {
  readonly requirements: readonly { readonly key: string; readonly values?: readonly string[] }[];
  readonly taints?: readonly object[];
}

interface ClaimStatus {
  readonly conditions: readonly Condition[];
  readonly [field: string]: unknown;
}

/**
 * A cloud and the kubelets of its machines, as seen through an API server: a NodeClaim becomes a Node with GPUs, a pod that was
 * bound to a Node runs and is ready, and what is deleted goes. For tests of what nobody here can pay for.
 */
export class SimulatedCloud {
  /** While true, new machines join without their GPUs, as before the device plugin has started. */
  withoutDevices = false;
  private readonly operator: Operator;
  private readonly client: KubeClient;

  constructor(private readonly transport: Transport) {
    this.operator = new Operator({ transport, clock: systemClock, random: Math.random, name: 'simulated-cloud' });
    this.client = this.operator.client;
    const claims = this.operator.cache.informer(NODE_CLAIMS);
    const nodes = this.operator.cache.informer(NODES);
    const pods = this.operator.cache.informer(PODS);
    this.operator.add(
      new Controller({
        name: 'machines',
        resource: NODE_CLAIMS,
        watches: [{ resource: NODES, map: ({ metadata }) => [{ namespace: '', name: metadata.name }] }],
        reconcile: async ({ name }) => {
          const claim = claims.get(undefined, name);
          return claim === undefined ? done : this.machine(claim, nodes.get(undefined, name));
        },
      }),
    );
    this.operator.add(
      new Controller({
        name: 'kubelets',
        resource: PODS,
        reconcile: async ({ namespace, name }) => {
          const pod = pods.get(namespace, name);
          return pod === undefined ? done : this.pod(pod);
        },
      }),
    );
  }

  async start(): Promise<void> {
    await this.operator.start();
  }

  async stop(): Promise<void> {
    await this.operator.stop();
  }

  /** Starts the device plugin on every machine that has none. */
  async showDevices(): Promise<void> {
    this.withoutDevices = false;
    for (const { metadata } of (await this.client.list(NODES)).items) {
      const gpus = String(GPUS[metadata.labels?.['node.kubernetes.io/instance-type'] ?? ''] ?? 0);
      const shown = { 'nvidia.com/gpu': gpus };
      await this.client.merge(
        NODES,
        undefined,
        metadata.name,
        { status: { capacity: shown, allocatable: shown } },
        { subresource: 'status' },
      );
    }
  }

  private async machine(claim: KubeObject, node: KubeObject | undefined): Promise<Outcome> {
    const { name, deletionTimestamp, finalizers = [] } = claim.metadata;
    if (deletionTimestamp !== undefined) {
      if (node !== undefined) await this.client.delete(NODES, undefined, name);
      else if (finalizers.includes(TERMINATION)) await this.finalizers(name, []);
      return done;
    }
    if (!finalizers.includes(TERMINATION)) await this.finalizers(name, [TERMINATION]);
    const type = requirement(claim, 'node.kubernetes.io/instance-type');
    const gpus = GPUS[type];
    if (gpus === undefined) {
      await this.claimStatus(claim, { conditions: [refused(type)] });
      return done;
    }
    const resources = {
      cpu: '24',
      memory: '220Gi',
      pods: '110',
      'ephemeral-storage': '1000Gi',
      ...(this.withoutDevices ? {} : { 'nvidia.com/gpu': String(gpus) }),
    };
    if (node === undefined) await this.join(claim, type, resources);
    await this.claimStatus(claim, {
      nodeName: name,
      providerID: `simulated:///${name}`,
      capacity: resources,
      allocatable: resources,
      conditions: ['Launched', 'Registered', 'Initialized', 'Ready'].map((stage) => condition(stage, stage)),
    });
    return done;
  }

  private async join(claim: KubeObject, type: string, resources: object): Promise<void> {
    const { name, labels } = claim.metadata;
    const { taints } = claim.spec as ClaimSpec;
    await this.client.create(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          ...labels,
          'node.kubernetes.io/instance-type': type,
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          accelerator: 'nvidia',
        },
      },
      spec: { providerID: `simulated:///${name}`, ...(taints === undefined ? {} : { taints }) },
    });
    const status = {
      capacity: resources,
      allocatable: resources,
      conditions: [{ ...condition('Ready', 'KubeletReady'), lastHeartbeatTime: now() }],
      nodeInfo: { kubeletVersion: RUNTIME_VERSION },
    };
    await this.client.merge(NODES, undefined, name, { status }, { subresource: 'status' });
  }

  private async pod({ metadata, spec, status }: KubeObject): Promise<Outcome> {
    const { nodeName, containers } = spec as { nodeName?: string; containers: { name: string; image: string }[] };
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    if (nodeName === undefined) return done;
    if (metadata.deletionTimestamp !== undefined) {
      await ask(this.transport, 'DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } });
      return done;
    }
    if ((status as { phase?: string } | undefined)?.phase !== 'Pending') return done;
    const startedAt = now();
    const running = {
      phase: 'Running',
      podIP: '10.7.0.2',
      podIPs: [{ ip: '10.7.0.2' }],
      startTime: startedAt,
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => condition(type, '')),
      containerStatuses: containers.map(({ name, image }) => ({
        name,
        image,
        imageID: image,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt } },
      })),
    };
    await this.client.merge(PODS, metadata.namespace, metadata.name, { status: running }, { subresource: 'status' });
    return done;
  }

  private async claimStatus(claim: KubeObject, wanted: ClaimStatus): Promise<void> {
    const { conditions = [] } = (claim.status ?? {}) as Partial<ClaimStatus>;
    const said = (all: readonly Condition[]) => all.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
    if (said(conditions).join() === said(wanted.conditions).join()) return;
    const { name } = claim.metadata;
    await this.client.merge(NODE_CLAIMS, undefined, name, { status: wanted }, { subresource: 'status' });
  }

  private async finalizers(name: string, finalizers: readonly string[]): Promise<void> {
    await this.client.merge(NODE_CLAIMS, undefined, name, { metadata: { finalizers } });
  }
}

function requirement(claim: KubeObject, key: string): string {
  return (claim.spec as ClaimSpec).requirements.find((one) => one.key === key)?.values?.[0] ?? '';
}

function condition(type: string, reason: string): Condition {
  return { type, status: 'True', reason, message: '', lastTransitionTime: now() };
}

/** As Karpenter core 1.14 says it: unknown, not false. */
function refused(type: string): Condition {
  const message = `Error creating machine: there is no instance type ${type}`;
  return { type: 'Launched', status: 'Unknown', reason: 'LaunchFailed', message, lastTransitionTime: now() };
}

/** RFC 3339, whole seconds. */
function now(): string {
  return `${new Date(systemClock.now()).toISOString().slice(0, 19)}Z`;
}
