import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CRDS, type Operator, systemClock } from '@kaito-sdk/core';
import { DevCluster } from '@kaito-sdk/devcluster';
import { type Installed, installPlugins, kaitoOperator, operatorConfig } from '@kaito-sdk/operator';

/**
 * A cluster as the guides expect one: a node for the operator's own pods, a simulated Karpenter, an address for kubectl and Helm.
 * Pods are simulated, so an operator in this process does the work of those that the chart installs, from when it has installed them.
 */
export class InstalledCluster {
  private operator: Operator | undefined;

  private constructor(
    private readonly cluster: DevCluster,
    private readonly kubeconfig: string,
    private readonly installed: Installed,
  ) {}

  static async start(): Promise<InstalledCluster> {
    const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');
    const installed = await installPlugins(operatorConfig({}, 'the test'), from, systemClock);
    const machines = installed.capabilities.instances.flatMap((catalog) => catalog.instances());
    const cluster = await DevCluster.start({
      nodes: [{ name: 'system-1' }],
      karpenter: {
        instances: Object.fromEntries(
          machines.map(({ name, gpu }) => [
            name,
            { cpu: 24, memory: '220Gi', gpus: gpu.count, ephemeralStorage: '1Ti' },
          ]),
        ),
        delays: { launch: 0, join: 0, gpu: 0 },
      },
    });
    return new InstalledCluster(cluster, (await cluster.listen()).kubeconfig(), installed);
  }

  /** Writes the way in, and answers where it lies. */
  wayIn(folder: string): string {
    const file = join(folder, '..', 'kubeconfig');
    writeFileSync(file, this.kubeconfig, { mode: 0o600 });
    return file;
  }

  /** Starts the operator once the chart is installed. */
  async standIn(): Promise<void> {
    if (this.operator !== undefined) return;
    const { client, transport } = this.cluster;
    const crds = await client.list(CRDS);
    if (!crds.items.some(({ metadata }) => metadata.name === 'workspaces.kaito.sh')) return;
    this.operator = kaitoOperator({
      installed: this.installed,
      transport,
      clock: systemClock,
      random: Math.random,
    });
    await this.operator.start();
  }

  async stop(): Promise<void> {
    await this.operator?.stop();
    await this.cluster.stop();
  }
}
