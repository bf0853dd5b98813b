import { createRequire } from 'node:module';
import { crdOf, type KubeObject, type KubeRequest, type Operator, type Transport, Workspace } from '@kaito-sdk/core';
import { PlanBeforeSpend } from '@kaito-sdk/core/testing';
import { DevCluster, type SimulatedArm, type SimulatedArmOptions, VirtualClock } from '@kaito-sdk/devcluster';
import { type Installed, installPlugins, kaitoOperator, operatorConfig } from '@kaito-sdk/operator';
import { AksConfig, AksProvisioner, OfferedSizes, type SubscribedInstances } from '@kaito-sdk/provider-aks';
import { simulatedAzure } from '@kaito-sdk/provider-aks/testing';

const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
const WORKSPACES = { group: 'kaito.sh', version: 'v1beta1', plural: 'workspaces' };
const NODES = { group: '', version: 'v1', plural: 'nodes' };
const MINUTE = 60_000;

/** A process that dies right after so many requests that change something: to the API server and to Azure alike. */
class Mortal implements Transport {
  dead = false;

  constructor(
    private readonly inner: Transport,
    private left: number,
  ) {}

  async request(request: KubeRequest) {
    return this.pass(request.method !== 'GET', () => this.inner.request(request));
  }

  async pass<T>(changes: boolean, send: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Error('the process was killed');
    const answer = await send();
    if (changes && --this.left <= 0) this.dead = true;
    if (this.dead) throw new Error('the process was killed');
    return answer;
  }
}

/** The reference operator with agent pools, on a cluster with a simulated Azure, in virtual time. */
export class OperatorWorld {
  private operator: Operator | undefined;
  private process: Mortal | undefined;
  private azureCalls = 0;
  private readonly law = new PlanBeforeSpend(({ namespace, name }) =>
    this.cluster.client.get(WORKSPACES, namespace, name),
  );

  private constructor(
    readonly clock: VirtualClock,
    readonly cluster: DevCluster,
    readonly arm: SimulatedArm,
    private readonly installed: Installed,
  ) {
    clock.busyWhile(() => this.azureCalls > 0);
  }

  static async start(options: Partial<SimulatedArmOptions> = {}): Promise<OperatorWorld> {
    const clock = new VirtualClock(Date.UTC(2026, 5, 1));
    const config = operatorConfig(
      { provisioner: 'aks', config: { '@kaito-sdk/provider-aks': { retired: 'warn' } } },
      'the test',
    );
    const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');
    const installed = await installPlugins(config, from, clock);
    const instances = installed.capabilities.instances.flatMap((catalog) => catalog.instances());
    const cluster = await DevCluster.start({
      clock,
      arm: {
        instances: Object.fromEntries(
          instances.map(({ name, gpu }) => [
            name,
            { cpu: 24, memory: '200Gi', gpus: gpu.count, ephemeralStorage: '1Ti' },
          ]),
        ),
        delays: { launch: 4 * MINUTE, join: MINUTE, gpu: 2 * MINUTE, terminate: 2 * MINUTE },
        ...options,
      },
    });
    await cluster.client.create(CRDS, crdOf(Workspace) as never);
    return new OperatorWorld(clock, cluster, cluster.arm!, installed);
  }

  /** The catalog of the plugin. */
  private get catalog(): SubscribedInstances | undefined {
    const { instances } = this.installed.capabilities;
    return instances.find((one) => 'follow' in one) as SubscribedInstances | undefined;
  }

  /** A new process, with nothing in memory. */
  async operate(changesToLive = Number.POSITIVE_INFINITY): Promise<void> {
    const process = new Mortal(this.cluster.transport, changesToLive);
    this.process = process;
    const azure = simulatedAzure(this.arm, {
      around: (method, send) => process.pass(method !== 'GET', send),
      calls: (change) => {
        this.azureCalls += change;
      },
    });
    const { provisioner } = this.installed;
    const installed: Installed = {
      ...this.installed,
      provisioner: this.law.over({
        ...provisioner,
        nodeSelector: (workspace) => provisioner.nodeSelector(workspace),
        connect: (cluster) => {
          // As the plugin does.
          const sizes = new OfferedSizes(azure.sizes, cluster.clock);
          this.catalog?.follow(sizes);
          return new AksProvisioner(cluster, { ...new AksConfig(), azure, sizes });
        },
      }),
    };
    this.operator = kaitoOperator({ installed, transport: process, clock: this.clock, random: () => 0.5 });
    const started = this.operator.start();
    await this.clock.settle();
    await started;
    await this.clock.settle();
  }

  /** Gone at once, without a last write. */
  async kill(): Promise<void> {
    if (this.process) this.process.dead = true;
    const stopped = this.operator?.stop();
    await this.clock.advance(MINUTE);
    await stopped;
    this.operator = undefined;
  }

  async apply(name = 'demo', instanceType = 'Standard_NC4as_T4_v3'): Promise<void> {
    const workspace: KubeObject = {
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name, namespace: 'default' },
      resource: { instanceType, labelSelector: { matchLabels: { apps: name } } },
      inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
    };
    await this.cluster.client.create(WORKSPACES, workspace as never);
    await this.clock.settle();
  }

  async workspace(name = 'demo'): Promise<Workspace | undefined> {
    return (await this.cluster.client.get(WORKSPACES, 'default', name)) as unknown as Workspace | undefined;
  }

  async condition(type: string, name = 'demo') {
    return (await this.workspace(name))?.status?.conditions?.find((condition) => condition.type === type);
  }

  async untilReady(...names: readonly string[]): Promise<void> {
    const ready = async (name: string) => (await this.condition('WorkspaceReady', name))?.status === 'True';
    await this.clock.advanceUntil(
      async () => (await Promise.all(names.map(ready))).every((each) => each),
      2 * 60 * MINUTE,
    );
  }

  async delete(name = 'demo'): Promise<void> {
    await this.cluster.client.delete(WORKSPACES, 'default', name);
    await this.clock.settle();
  }

  async patch(name: string, patch: object): Promise<void> {
    await this.cluster.client.merge(WORKSPACES, 'default', name, patch);
    await this.clock.settle();
  }

  async untilGone(name = 'demo'): Promise<void> {
    await this.clock.advanceUntil(async () => (await this.workspace(name)) === undefined, 2 * 60 * MINUTE);
    await this.clock.advance(MINUTE);
  }

  async nodes(): Promise<string[]> {
    return (await this.cluster.client.list(NODES)).items.map(({ metadata }) => metadata.name);
  }

  running(): string[] {
    return this.arm.meter
      .bill()
      .lines.filter(({ running }) => running)
      .map(({ machine }) => machine);
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.cluster.stop();
    this.law.verify();
  }
}
