import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Clock,
  CRDS,
  crdOf,
  type InstanceType,
  type KubeObject,
  RestClient,
  type Transport,
  Workspace,
} from '@kaito-sdk/core';
import { DevCluster } from '@kaito-sdk/devcluster';
import { standIns } from '@kaito-sdk/inference-server/stand-ins';

export interface QuickClusterProps {
  readonly clock: Clock;
  readonly instances: readonly InstanceType[];
  readonly nodeDelayMs: number;
}

/** A Kubernetes cluster in this process, with a simulated cloud that sells GPU nodes and kubelets that run local processes. */
export interface QuickCluster {
  readonly transport: Transport;
  /** A kubeconfig on disk, for kubectl. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Opens a local port that leads to a Service. */
  forward(service: KubeObject, port: number): Promise<string>;
  /** Ends every process, closes every port, removes every file. */
  stop(): Promise<void>;
}

export async function startQuickCluster(props: QuickClusterProps): Promise<QuickCluster> {
  const cluster = await DevCluster.start({
    images: standIns({ instances: capabilities(props.instances) }),
    karpenter: {
      instances: Object.fromEntries(props.instances.map((instance) => [instance.name, shape(instance)])),
      prices: Object.fromEntries(
        props.instances.flatMap(({ name, prices: [price] }) => (price ? [[name, price.usdPerHour]] : [])),
      ),
      // A cloud's own proportions: most of the time goes into the machine, some into joining, some into the GPU driver.
      delays: { launch: props.nodeDelayMs * 0.6, join: props.nodeDelayMs * 0.2, gpu: props.nodeDelayMs * 0.2 },
    },
    // Production probes wait for half a minute before they ask: the stand-in model is up in a second.
    probes: { maxDelayMs: 500 },
  });
  try {
    const client = new RestClient({
      transport: cluster.transport,
      clock: props.clock,
      random: Math.random,
      fieldManager: 'kaito-quickstart',
    });
    await client.create(CRDS, crdOf(Workspace));
    const server = await cluster.listen();
    const folder = await mkdtemp(join(tmpdir(), 'kaito-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
    return {
      transport: cluster.transport,
      kubeconfig,
      url: server.url,
      forward: async ({ metadata }, port) => {
        const { host, port: local } = await cluster.portForward(metadata.namespace ?? 'default', metadata.name, port);
        return `http://${host}:${local}`;
      },
      stop: async () => {
        await cluster.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
