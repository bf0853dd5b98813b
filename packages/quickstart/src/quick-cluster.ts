import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceType, KubeObject, Transport } from '@kaito-sdk/core';
import { DevCluster } from '@kaito-sdk/devcluster';
import { standIns } from '@kaito-sdk/inference-server/stand-ins';

export interface QuickClusterProps {
  readonly instances: readonly InstanceType[];
  /** From the claim to a node whose GPUs show. */
  readonly nodeDelayMs: number;
}

/** A Kubernetes cluster in this process, with a simulated cloud that sells GPU nodes and kubelets that run local processes. */
export interface QuickCluster {
  readonly transport: Transport;
  /** Path of a kubeconfig, for kubectl. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Opens a local port that leads to a Service, and answers its address. */
  forward(service: KubeObject, port: number): Promise<string>;
  /** Ends every process, closes every port, removes every file. */
  stop(): Promise<void>;
}

const NODES = { group: '', version: 'v1', plural: 'nodes' };
const INSTANCE_TYPE = 'node.kubernetes.io/instance-type';

/** Production probes first wait for half a minute and more; the stand-in model is up in a second. */
const PROBE_DELAY_MS = 250;

export async function startQuickCluster({ instances, nodeDelayMs }: QuickClusterProps): Promise<QuickCluster> {
  const types = new Map(instances.map((instance) => [instance.name, instance]));
  const typeOfNode = new Map<string, InstanceType | undefined>();
  const cluster = await DevCluster.start({
    images: standIns({ computeCapability: ({ pod }) => typeOfNode.get(pod.nodeName)?.gpu.computeCapability }),
    karpenter: {
      instances: Object.fromEntries(instances.map((instance) => [instance.name, shapeOf(instance)])),
      prices: Object.fromEntries(
        instances.flatMap(({ name, prices: [price] }) => (price ? [[name, price.usdPerHour]] : [])),
      ),
      // The proportions of a real cloud: most of the time is the machine, then the join, then the driver.
      delays: { launch: nodeDelayMs * 0.6, join: nodeDelayMs * 0.2, gpu: nodeDelayMs * 0.2 },
    },
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
      transport: cluster.transport,
      kubeconfig,
      url: server.url,
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

/** The catalog knows GPUs and disks; processor and memory only matter to the scheduler, which must not run short of them here. */
function shapeOf({ gpu, vcpus = 6, memoryBytes, diskBytes }: InstanceType) {
  return {
    cpu: vcpus,
    memory: memoryBytes === undefined ? '112Gi' : `${Math.floor(memoryBytes / 2 ** 30)}Gi`,
    gpus: gpu.count,
    ephemeralStorage: diskBytes === undefined ? '512Gi' : `${Math.floor(diskBytes / 2 ** 30)}Gi`,
  };
}
