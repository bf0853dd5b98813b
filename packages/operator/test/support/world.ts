import { createRequire } from 'node:module';
import {
  crdOf,
  type KubeObject,
  type KubeRequest,
  type Operator,
  type ProvisionerPlugin,
  type Runtime,
  type Transport,
  WORKSPACE_FINALIZER,
  Workspace,
} from '@kaito-sdk/core';
import { PlanBeforeSpend } from '@kaito-sdk/core/testing';
import {
  DevCluster,
  type DevClusterOptions,
  type SimulatedKarpenterOptions,
  VirtualClock,
} from '@kaito-sdk/devcluster';
import {
  type Installed,
  installPlugins,
  type KaitoOperatorProps,
  kaitoOperator,
  operatorConfig,
} from '@kaito-sdk/operator';
import { missingInChart } from './chart-role.js';
import { SeededIdentity, uidOf } from './seeded-identity.js';

const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
export const WORKSPACES = { group: 'kaito.sh', version: 'v1beta1', plural: 'workspaces' };
export const NODE_CLAIMS = { group: 'karpenter.sh', version: 'v1', plural: 'nodeclaims' };
export const NODES = { group: '', version: 'v1', plural: 'nodes' };
export const PODS = { group: '', version: 'v1', plural: 'pods' };
export const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments' };
export const SERVICES = { group: '', version: 'v1', plural: 'services' };

const MINUTE = 60_000;

function dryRun({ path }: KubeRequest): string {
  return /[?&]dryRun=All/.test(path) ? ' (dry run)' : '';
}

/** A transport that writes down what goes through it, and that can die. */
export class Wire implements Transport {
  readonly requests: string[] = [];
  /** Rules that requests needed and the Helm chart does not have. */
  readonly forbidden = new Set<string>();
  dead = false;
  private written = 0;

  constructor(
    private readonly inner: Transport,
    /** Dies right after this many writes have reached the server: their answers are lost. */
    private readonly writesToLive = Number.POSITIVE_INFINITY,
  ) {}

  async request(request: KubeRequest) {
    const changes = request.method !== 'GET';
    return this.pass(changes, async () => {
      if (!/[?&]watch=(1|true)/.test(request.path))
        this.requests.push(`${request.method} ${request.path.replace(/\?.*/, '')}${dryRun(request)}`);
      const answer = await this.inner.request(request);
      for (const rule of missingInChart(request, answer.status)) this.forbidden.add(rule);
      return answer;
    });
  }

  /** Carries out a request to wherever it goes; one that changes something counts as a write. */
  async pass<T>(changes: boolean, send: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Error('the process was killed');
    if (changes) this.written++;
    const answer = await send();
    if (this.written >= this.writesToLive) this.dead = true;
    if (this.dead) throw new Error('the process was killed');
    return answer;
  }

  get writes(): string[] {
    return this.requests.filter((request) => !request.startsWith('GET '));
  }
}

/** Nodes that are there as soon as they are asked for. */
export const instantCloud = {
  instances: { Standard_NC6s_v3: { cpu: 6, memory: '112Gi', gpus: 1, ephemeralStorage: '512Gi' } },
};

/** The operator on a whole cluster in this process, in virtual time: pods run by script, nodes take as long as in a cloud. */
export class World {
  private operator: Operator | undefined;
  private readonly applied = new Map<string, number>();
  wire: Wire;
  /** A world in which something was bought without a Plan cannot be stopped in peace. */
  readonly law = new PlanBeforeSpend(async ({ namespace, name }) => {
    const workspace = await this.cluster.client.get(WORKSPACES, namespace, name);
    if (!workspace?.metadata.finalizers?.includes(WORKSPACE_FINALIZER)) this.unheld.push(name);
    return workspace;
  });
  /** Workspaces that a node was asked for, and that nothing would have kept until it is given back. */
  private readonly unheld: string[] = [];
  /** What a test puts between the operator and the server. */
  between: (transport: Transport) => Transport = (same) => same;
  /** Whatever else operators get that are started from now on. */
  more: Partial<KaitoOperatorProps> = {};
  /** Another version of the runtimes, for operators that are started from now on. */
  render: ((runtime: Runtime) => Runtime) | undefined;
  /** Another way to the cloud than that of the plugin that is installed. */
  connect: ((wire: Wire, plugin: ProvisionerPlugin) => ProvisionerPlugin['connect']) | undefined;

  private constructor(
    readonly clock: VirtualClock,
    readonly cluster: DevCluster,
    private installed: Installed,
    /** Two runs of one story are the same to the last name. */
    private readonly identity: SeededIdentity,
  ) {
    this.wire = new Wire(cluster.transport);
  }

  static async start(
    options: Partial<DevClusterOptions> = {},
    cloud: Partial<SimulatedKarpenterOptions> = {},
    settings: object = {},
    definition: KubeObject = crdOf(Workspace),
  ): Promise<World> {
    const clock = new VirtualClock(Date.UTC(2026, 5, 1));
    const identity = new SeededIdentity();
    const installed = await installedWith(settings, clock);
    const instances = installed.capabilities.instances.flatMap((catalog) => catalog.instances());
    const cluster = await DevCluster.start({
      clock,
      identity,
      karpenter: {
        instances: Object.fromEntries(
          instances.map(({ name, gpu }) => [
            name,
            { cpu: 24, memory: '200Gi', gpus: gpu.count, ephemeralStorage: '1Ti' },
          ]),
        ),
        prices: Object.fromEntries(
          instances.flatMap(({ name, prices: [price] }) => (price ? [[name, price.usdPerHour]] : [])),
        ),
        delays: { launch: 4 * MINUTE, join: MINUTE, gpu: 2 * MINUTE },
        ...cloud,
      },
      ...options,
    });
    await cluster.client.create(CRDS, definition as never);
    return new World(clock, cluster, installed, identity);
  }

  /** From the next process on the operator has these settings, as another version of it would. */
  async reconfigure(settings: object): Promise<void> {
    this.installed = await installedWith(settings, this.clock);
  }

  /** Starts an operator, as a new process would: with nothing in memory. */
  async operate(writesToLive?: number): Promise<void> {
    this.wire = new Wire(this.between(this.cluster.transport), writesToLive);
    const operator = this.process(this.wire);
    this.operator = operator;
    let begun = false;
    const started = operator.start().finally(() => {
      begun = true;
    });
    started.catch(() => undefined);
    // A first list that is refused is asked for again after a while.
    await this.clock.advanceUntil(() => begun || this.wire.dead, 5 * MINUTE);
    if (this.wire.dead) return;
    await started;
    await this.clock.settle();
  }

  /** An operator as one process has it, not begun yet, that reaches the cluster over this transport. */
  process(transport: Transport, more: Partial<KaitoOperatorProps> = {}): Operator {
    const { provisioner } = this.installed;
    const connect = this.connect?.(this.wire, provisioner) ?? ((cluster) => provisioner.connect(cluster));
    const { render } = this;
    const catalogs = () => {
      const known = this.installed.catalogs();
      return render === undefined ? known : { ...known, runtimes: known.runtimes.map(render) };
    };
    return kaitoOperator({
      installed: { ...this.installed, catalogs, provisioner: this.law.over({ ...provisioner, connect }) },
      transport,
      clock: this.clock,
      random: () => 0.5,
      ...this.more,
      ...more,
    });
  }

  /** The process is gone at once: no goodbye, no last write. */
  async kill(): Promise<void> {
    this.obeyTheChart();
    this.wire.dead = true;
    const stopped = this.operator?.stop();
    await this.clock.advance(MINUTE);
    await stopped;
    this.operator = undefined;
  }

  async apply(workspace: KubeObject): Promise<void> {
    // The names of claims follow from the uid: it is the same in every run, whatever was made before.
    const { name } = workspace.metadata;
    const times = (this.applied.get(name) ?? 0) + 1;
    this.applied.set(name, times);
    this.identity.promise(uidOf(name, times));
    await this.cluster.client.create(WORKSPACES, workspace as never);
    await this.clock.settle();
  }

  async workspace(name = 'demo'): Promise<Workspace | undefined> {
    return (await this.cluster.client.get(WORKSPACES, 'default', name)) as unknown as Workspace | undefined;
  }

  async condition(type: string, name = 'demo') {
    return (await this.workspace(name))?.status?.conditions?.find((condition) => condition.type === type);
  }

  async untilReady(name = 'demo'): Promise<void> {
    await this.clock.advanceUntil(
      async () => (await this.condition('WorkspaceReady', name))?.status === 'True',
      2 * 60 * MINUTE,
    );
    await this.clock.settle();
  }

  async delete(name = 'demo'): Promise<void> {
    await this.cluster.client.delete(WORKSPACES, 'default', name);
    await this.clock.settle();
  }

  async untilGone(name = 'demo'): Promise<void> {
    await this.clock.advanceUntil(async () => (await this.workspace(name)) === undefined, 2 * 60 * MINUTE);
    // Owned objects follow through garbage collection.
    await this.clock.advance(MINUTE);
  }

  async names(resource: { group: string; version: string; plural: string }): Promise<string[]> {
    const { items } = await this.cluster.client.list(resource);
    return items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kubernetes');
  }

  /** What is left of Workspaces in the cluster. */
  async remains(): Promise<string[]> {
    const claims = this.cluster.karpenter ? [NODE_CLAIMS] : [];
    const kinds = [...claims, NODES, DEPLOYMENTS, PODS, SERVICES];
    const names = await Promise.all(
      kinds.map(async (kind) => (await this.names(kind)).map((name) => `${kind.plural}/${name}`)),
    );
    return names.flat();
  }

  async stop(): Promise<void> {
    const stopped = this.operator?.stop();
    await this.clock.advance(MINUTE);
    await stopped;
    await this.cluster.stop();
    this.law.verify();
    if (this.unheld.length > 0) throw new Error(`a node was asked for before the finalizer stood: ${this.unheld}`);
    this.obeyTheChart();
  }

  private obeyTheChart(): void {
    const { forbidden } = this.wire;
    if (forbidden.size === 0) return;
    const wanted = [...forbidden].join('\n');
    throw new Error(`charts/kaito/templates/rbac.yaml does not let the operator do what it did here:\n${wanted}`);
  }
}

function installedWith(settings: object, clock: VirtualClock): Promise<Installed> {
  const retired = { config: { '@kaito-sdk/provider-karpenter': { retired: 'warn' } } };
  const config = operatorConfig({ ...retired, ...settings }, 'the test');
  return installPlugins(config, createRequire(import.meta.url).resolve('@kaito-sdk/operator'), clock);
}

/** The quick-start Workspace under a short name. */
export function phiWorkspace(more: { name?: string; instanceType?: string; preset?: string } = {}): KubeObject {
  const { name = 'demo', instanceType = 'Standard_NC6s_v3', preset = 'phi-3-mini-4k-instruct' } = more;
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name, namespace: 'default' },
    resource: { instanceType, labelSelector: { matchLabels: { apps: name } } },
    inference: { preset: { name: preset } },
  };
}
