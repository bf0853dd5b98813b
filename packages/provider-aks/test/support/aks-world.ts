import {
  bytes,
  type ConnectedCluster,
  type KubeObject,
  type KubeRequest,
  RestClient,
  type Transport,
  WatchCache,
  withPreferredNodes,
  writeThrough,
} from '@kaito-sdk/core';
import type { CloudUnderTest, ProvisionerUnderTest } from '@kaito-sdk/core/testing';
import {
  type ArmFault,
  armFaults,
  DevCluster,
  type SimulatedArm,
  type SimulatedArmOptions,
  VirtualClock,
} from '@kaito-sdk/devcluster';
import {
  AksConfig,
  AksProvisioner,
  type AksProvisionerOptions,
  type AksSettings,
  ownershipLabels,
} from '@kaito-sdk/provider-aks';
import { simulatedAzure } from '@kaito-sdk/provider-aks/testing';

const MINUTE = 60_000;
const NODES = { group: '', version: 'v1', plural: 'nodes' };
export const T4 = 'Standard_NC4as_T4_v3';
export const A100 = 'Standard_NC24ads_A100_v4';

const faults: Readonly<Record<Parameters<CloudUnderTest['failNext']>[0], () => ArmFault>> = {
  capacity: armFaults.noCapacity,
  quota: armFaults.quotaLater,
  unsupported: armFaults.notOffered,
  permission: armFaults.forbidden,
  transient: armFaults.busy,
};

/** What one process may still do. It dies right after a request that changes something: the answer is lost. */
class Life {
  requests = 0;
  dead = false;

  constructor(private left: number) {}

  async request<T>(changes: boolean, send: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Error('the process is dead');
    this.requests++;
    const answer = await send();
    if (changes && --this.left <= 0) this.dead = true;
    if (this.dead) throw new Error('the process is dead');
    return answer;
  }
}

/** The API server as one process reaches it. Watches do not count. */
class MortalWire implements Transport {
  constructor(
    private readonly inner: Transport,
    private readonly life: Life,
  ) {}

  async request(request: KubeRequest) {
    if (/[?&]watch=(1|true)/.test(request.path)) return this.inner.request(request);
    return this.life.request(request.method !== 'GET', () => this.inner.request(request));
  }
}

/** An AksProvisioner, through the real Azure SDK, on a cluster with a simulated Resource Manager, in virtual time. */
export class AksWorld implements ProvisionerUnderTest {
  readonly request = {
    instanceType: T4,
    capacityType: 'on-demand' as const,
    diskBytes: bytes(50 * 2 ** 30),
    labels: { apps: 'demo' },
  };
  readonly nodeSelector = ownershipLabels;
  private connection: ConnectedCluster | undefined;
  private process: { readonly life: Life; readonly cache: WatchCache } | undefined;

  private constructor(
    readonly clock: VirtualClock,
    readonly cluster: DevCluster,
    readonly arm: SimulatedArm,
  ) {}

  static async start(options: Partial<SimulatedArmOptions> = {}): Promise<AksWorld> {
    const clock = new VirtualClock();
    const arm = {
      instances: {
        [T4]: { cpu: 4, memory: '28Gi', gpus: 1 },
        [A100]: { cpu: 24, memory: '220Gi', gpus: 1 },
      },
      delays: { launch: 2 * MINUTE, join: MINUTE, gpu: MINUTE, terminate: MINUTE },
      prices: { [T4]: 0.526, [A100]: 3.673 },
      ...options,
    };
    const cluster = await DevCluster.start({ clock, arm });
    return new AksWorld(clock, cluster, cluster.arm!);
  }

  readonly cloud: CloudUnderTest = {
    machines: async () =>
      this.arm.meter
        .bill()
        .lines.filter(({ running }) => running)
        .map(({ machine, instanceType }) => {
          const { capacityType, zone } = this.arm.priorityOf(machine);
          return {
            claim: machine,
            instanceType,
            ...(capacityType === undefined ? {} : { capacityType }),
            // The suite asks for zone-2, which Azure knows as 2.
            ...(zone === undefined ? {} : { zone: `zone-${zone}` }),
          };
        }),
    failNext: (failure) => this.arm.failNext(faults[failure]()),
    stallNext: (step) => this.arm.failNext({ kind: step === 'launch' ? 'never-launches' : 'never-joins' }),
    occupy: async (name) => this.arm.addForeignPool(name),
    occupied: async (name) => this.arm.pools.get(name) === 'Succeeded',
    lose: async (claim) => {
      await this.arm.lose(claim);
      await this.clock.settle();
    },
  };

  async connect({ requestsToLive = Number.POSITIVE_INFINITY } = {}): Promise<AksProvisioner> {
    return this.connected({}, requestsToLive);
  }

  /** The same world, whose provisioner takes preferred nodes as well. */
  preferring(): ProvisionerUnderTest {
    const { cloud, request, nodeSelector } = this;
    return {
      cloud,
      request,
      nodeSelector,
      connect: async ({ requestsToLive = Number.POSITIVE_INFINITY } = {}) => {
        const bought = await this.connected({}, requestsToLive);
        const plugin = { name: 'aks', retired: 'warn', nodeSelector, connect: () => bought } as const;
        return withPreferredNodes(plugin).connect(this.connection!);
      },
      advance: (ms) => this.advance(ms),
      now: () => this.now(),
      requests: () => this.requests(),
      node: (name) => this.node(name),
      stop: () => this.stop(),
    };
  }

  /** A new process with other settings. */
  async connected(
    options: Partial<AksProvisionerOptions>,
    requestsToLive = Number.POSITIVE_INFINITY,
    settings: Partial<AksSettings> = {},
  ): Promise<AksProvisioner> {
    this.kill();
    const { clock } = this;
    const life = new Life(requestsToLive);
    const transport = new MortalWire(this.cluster.transport, life);
    const parts = { transport, clock, random: () => 0.5, fieldManager: 'test', retries: 0 };
    const cache = new WatchCache({ ...parts, onTrouble: () => undefined });
    this.process = { life, cache };
    const client = writeThrough(new RestClient(parts), cache);
    const azure = simulatedAzure(this.arm, {
      around: (method, send) => life.request(method !== 'GET', send),
      settings,
    });
    this.connection = { client, cache, clock };
    const provisioner = new AksProvisioner(this.connection, { ...new AksConfig(), azure, ...options });
    await Promise.all([cache.synced(), clock.settle()]);
    await clock.settle();
    return provisioner;
  }

  /** The process is gone at once, with all that it had in memory. */
  kill(): void {
    if (!this.process) return;
    this.process.life.dead = true;
    this.process.cache.stop();
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  now(): number {
    return this.clock.now();
  }

  requests(): number {
    return this.process?.life.requests ?? 0;
  }

  async node(name: string): Promise<KubeObject | undefined> {
    return (await this.cluster.client.get(NODES, undefined, name)) as KubeObject | undefined;
  }

  async stop(): Promise<void> {
    this.kill();
    await this.clock.advance(MINUTE);
    await this.cluster.stop();
  }
}
