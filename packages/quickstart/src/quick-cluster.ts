import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceType, KubeObject, Transport } from '@kaito-sdk/core';
import { DevCluster, type ImageProgram, type SimulatedArm } from '@kaito-sdk/devcluster';
import { standIns } from '@kaito-sdk/inference-server/stand-ins';
import { adapterLoader } from '@kaito-sdk/runtime-inference/stand-ins';

/** Sizes of the tiny model that answers here in place of every other one: adapters are checked against it. */
const TINY_MODEL = { layers: 4, hiddenSize: 128, intermediateSize: 384, attentionHeads: 2, kvHeads: 2, headDim: 64 };

export interface QuickClusterProps {
  readonly instances: readonly InstanceType[];
  readonly provisioner: 'karpenter' | 'aks';
  /** From the claim to a node whose GPUs show. */
  readonly nodeDelayMs: number;
  /** More programs for images, asked before those of the stand-in model. */
  readonly programs?: readonly ImageProgram[];
  /** Nodes without GPUs that are there from the start. @default none */
  readonly plainNodes?: readonly string[];
}

/** A Kubernetes cluster in this process, with a simulated cloud that sells GPU nodes and kubelets that run local processes. */
export interface QuickCluster {
  /** The cluster itself, for what the API does not tell: the cloud's bill, faults. */
  readonly devcluster: DevCluster;
  readonly transport: Transport;
  /** Path of a kubeconfig, for kubectl. */
  readonly kubeconfig: string;
  readonly url: string;
  /** How the provisioner reaches its cloud: its settings in the operator's configuration. */
  readonly cloud: { readonly plugin: string; readonly settings: Readonly<Record<string, unknown>> };
  /** Opens a local port that leads to a Service, and answers its address. */
  forward(service: KubeObject, port: number): Promise<string>;
  /** Ends every process, closes every port, removes every file. */
  stop(): Promise<void>;
}

const NODES = { group: '', version: 'v1', plural: 'nodes' };
const INSTANCE_TYPE = 'node.kubernetes.io/instance-type';

/** Production probes first wait for half a minute and more; the stand-in model is up in a second. */
const PROBE_DELAY_MS = 250;

export async function startQuickCluster({
  instances,
  provisioner,
  nodeDelayMs,
  programs = [],
  plainNodes = [],
}: QuickClusterProps): Promise<QuickCluster> {
  const types = new Map(instances.map((instance) => [instance.name, instance]));
  const typeOfNode = new Map<string, InstanceType | undefined>();
  const cloud = {
    instances: Object.fromEntries(instances.map((instance) => [instance.name, shapeOf(instance)])),
    prices: Object.fromEntries(
      instances.flatMap(({ name, prices: [price] }) => (price ? [[name, price.usdPerHour]] : [])),
    ),
    // The proportions of a real cloud: most of the time is the machine, then the join, then the driver.
    delays: { launch: nodeDelayMs * 0.6, join: nodeDelayMs * 0.2, gpu: nodeDelayMs * 0.2 },
  };
  const cluster = await DevCluster.start({
    images: [
      ...programs,
      adapterLoader({ model: TINY_MODEL }),
      ...standIns({ computeCapability: ({ pod }) => typeOfNode.get(pod.nodeName)?.gpu.computeCapability }),
    ],
    nodes: plainNodes.map((name) => ({ name })),
    [provisioner === 'aks' ? 'arm' : 'karpenter']: cloud,
    maxProbeDelay: PROBE_DELAY_MS,
  });
  const folder = await mkdtemp(join(tmpdir(), 'kaito-'));
  const stop = async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    cluster.client.watch(NODES, {}, ({ object: { metadata } }) => {
      typeOfNode.set(metadata.name, types.get(metadata.labels?.[INSTANCE_TYPE] ?? ''));
    });
    const server = await cluster.listen();
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
    return {
      devcluster: cluster,
      transport: cluster.transport,
      kubeconfig,
      url: server.url,
      cloud: cluster.arm
        ? { plugin: '@kaito-sdk/provider-aks', settings: await azureSettings(cluster.arm, folder) }
        : { plugin: '@kaito-sdk/provider-karpenter', settings: { retired: 'warn' } },
      forward: async ({ metadata }, port) => {
        const forward = await cluster.portForward(metadata.namespace ?? 'default', metadata.name, port);
        return `http://${forward.host}:${forward.port}`;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Settings with which the Azure SDK finds the simulated cloud, trusts it, and gets its tokens from it as a workload identity does. */
async function azureSettings(arm: SimulatedArm, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const { url, caPem } = await arm.listen();
  const caFile = join(folder, 'azure-ca.pem');
  const federatedTokenFile = join(folder, 'service-account-token');
  await writeFile(caFile, caPem);
  await writeFile(federatedTokenFile, 'a simulated service account token', { mode: 0o600 });
  const { subscriptionId, resourceGroup, name } = arm.cluster;
  return {
    subscriptionId,
    resourceGroup,
    clusterName: name,
    location: arm.location,
    endpoint: url,
    authorityHost: url,
    tenantId: '00000000-0000-0000-0000-00000000aaaa',
    clientId: '00000000-0000-0000-0000-00000000bbbb',
    federatedTokenFile,
    caFile,
    retired: 'warn',
  };
}

/** The catalog knows GPUs and disks; processor and memory only matter to the scheduler, which must not run short of them here. */
function shapeOf({ gpu, vcpus = 6, memoryBytes, diskBytes }: InstanceType) {
  return {
    cpu: vcpus,
    memory: memoryBytes === undefined ? '112Gi' : `${Math.floor(memoryBytes / 2 ** 30)}Gi`,
    gpus: gpu.count,
    ephemeralStorage: diskBytes === undefined ? '512Gi' : `${Math.floor(diskBytes / 2 ** 30)}Gi`,
  };
}
