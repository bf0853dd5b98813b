import {
  bytes,
  type ConnectedCluster,
  type KubeObject,
  type KubeRequest,
  type ProvisionerPlugin,
  RestClient,
  type Transport,
  WatchCache,
  withPreferredNodes,
  writeThrough,
} from '@kaito-sdk/core';
import type { CloudUnderTest, ProvisionerUnderTest } from '@kaito-sdk/core/testing';
import { type ClaimFault, DevCluster, VirtualClock } from '@kaito-sdk/devcluster';
import {
  KarpenterProvisioner,
  MACHINES,
  machineForm,
  NODE_CLAIMS,
  NODE_POOLS,
  type NodeClassProfile,
  nodeClaimForm,
  ownershipLabels,
  poolName,
  StaticPoolProvisioner,
} from '@kaito-sdk/provider-karpenter';
import { bindings, slotsOf } from '../../dist/pool-slots.js';

const MINUTE = 60_000;
const NODES = { group: '', version: 'v1', plural: 'nodes' };

const request = {
  instanceType: 'gpu.small',
  capacityType: 'on-demand',
  diskBytes: bytes(50 * 2 ** 30),
  labels: { apps: 'demo' },
} as const;

/** The owner of the suite's claims. */
const alice = { namespace: 'default', name: 'alice', uid: 'uid-alice' };

/** The cloud's own words for each failure that a claim reports. */
const words: Readonly<Record<'quota' | 'unsupported' | 'permission' | 'transient', ClaimFault>> = {
  quota: { kind: 'launch-fails', reason: 'SubscriptionQuotaReached', message: 'Family Cores quota exceeded' },
  unsupported: { kind: 'launch-fails', message: 'SkuNotAvailable: the size is not available in this region' },
  permission: { kind: 'launch-fails', message: 'AuthorizationFailed: the client does not have authorization' },
  transient: { kind: 'launch-fails', message: 'AnotherOperationInProgress: try again', attempts: 3 },
};

/** Counts what one process asks for, and dies when it is told to: after a write has reached the server, before its answer has come back. */
class MortalWire implements Transport {
  requests = 0;
  dead = false;

  constructor(
    private readonly inner: Transport,
    private left: number,
  ) {}

  async request(request: KubeRequest) {
    if (this.dead) throw new Error('the process is dead');
    const watching = /[?&]watch=(1|true)/.test(request.path);
    if (!watching) this.requests++;
    const answer = await this.inner.request(request);
    if (request.method !== 'GET' && --this.left <= 0) this.dead = true;
    if (this.dead) throw new Error('the process is dead');
    return answer;
  }
}

/** What stands for nodes in a {@link karpenterWorld}. */
export type NodeObjectKind = 'NodeClaim' | 'NodePool' | 'Machine';

/** A provisioner of this kind of object on a cluster with a simulated Karpenter, in virtual time. */
export async function karpenterWorld(
  { profile, preferring = false }: { readonly profile: NodeClassProfile; readonly preferring?: boolean },
  object: NodeObjectKind = 'NodeClaim',
): Promise<ProvisionerUnderTest> {
  const clock = new VirtualClock();
  const cluster = await DevCluster.start({
    clock,
    karpenter: {
      nodeClasses: [profile.nodeClassRef],
      staticPools: object === 'NodePool',
      api: object === 'Machine' ? 'Machine' : 'NodeClaim',
      instances: { 'gpu.small': { cpu: 4, memory: '16Gi', gpus: 1 } },
      delays: { launch: 2 * MINUTE, join: MINUTE, gpu: MINUTE, terminate: MINUTE },
    },
  });
  if (profile.nodeClassResource) await installNodeClass(cluster, profile);
  const karpenter = cluster.karpenter;
  if (!karpenter) throw new Error('the cluster has no Karpenter');
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    const [answer] = await Promise.all([promise, clock.settle()]);
    await clock.settle();
    return answer;
  };
  let process: { wire: MortalWire; cache: WatchCache } | undefined;

  /** The claims of the contract by the names of the objects that have the machines: a pool names those itself. */
  const claimsByMachine = async (): Promise<ReadonlyMap<string, string>> => {
    if (object !== 'NodePool') return new Map();
    const pools = (await settled(cluster.client.list(NODE_POOLS))).items as readonly KubeObject[];
    const claims = (await settled(cluster.client.list(NODE_CLAIMS))).items as readonly KubeObject[];
    return new Map(
      pools.flatMap((pool) => {
        const mine = claims.filter(({ metadata }) => metadata.labels?.['karpenter.sh/nodepool'] === pool.metadata.name);
        return [...bindings(slotsOf(pool), mine)].flatMap(([claim, machine]) =>
          machine === undefined ? [] : [[machine.metadata.name, claim] as const],
        );
      }),
    );
  };
  const occupied: { resource: typeof NODE_CLAIMS; name(claim: string): string; made(name: string): object } =
    object === 'NodePool'
      ? { resource: NODE_POOLS, name: () => poolName({ ...request, owner: alice }), made: strangePool }
      : object === 'Machine'
        ? { resource: MACHINES, name: (claim) => claim, made: strangeMachine }
        : { resource: NODE_CLAIMS, name: (claim) => claim, made: strangeClaim };

  const cloud: CloudUnderTest = {
    machines: async () => {
      const claims = await claimsByMachine();
      const running = karpenter.meter.bill().lines.filter((line) => line.running);
      return running.map(({ machine, instanceType, capacityType, zone }) => ({
        claim: claims.get(machine) ?? machine,
        instanceType,
        capacityType,
        ...(zone === undefined ? {} : { zone }),
      }));
    },
    failNext: (failure) => {
      if (failure !== 'capacity') return karpenter.failNext(words[failure]);
      // A pool asks again at once for what was taken back: only a shortage that lasts keeps its slot empty.
      if (object === 'NodePool') return karpenter.suffer({ fault: { kind: 'no-capacity' } });
      return karpenter.failNext({ kind: 'no-capacity' });
    },
    stallNext: (step) => karpenter.failNext({ kind: step === 'launch' ? 'never-launches' : 'never-joins' }),
    occupy: async (claim) => {
      const { resource, name, made } = occupied;
      await settled(cluster.client.create(resource, made(name(claim)) as never));
    },
    occupied: async (claim) => {
      const found = await settled(cluster.client.get(occupied.resource, undefined, occupied.name(claim)));
      return found?.metadata.labels?.theirs === 'yes' && found.metadata.deletionTimestamp === undefined;
    },
    lose: async (claim) => {
      const [machine = claim] = [...(await claimsByMachine())].find(([, one]) => one === claim) ?? [];
      await settled(karpenter.lose(machine));
    },
  };

  return {
    request,
    nodeSelector: ownershipLabels,
    connect: async ({ requestsToLive = Number.POSITIVE_INFINITY } = {}) => {
      if (process) {
        process.wire.dead = true;
        process.cache.stop();
      }
      const wire = new MortalWire(cluster.transport, requestsToLive);
      const parts = { transport: wire, clock, random: () => 0.5, fieldManager: 'test', retries: 0 };
      const cache = new WatchCache({ ...parts, onTrouble: () => undefined });
      process = { wire, cache };
      const client = writeThrough(new RestClient(parts), cache);
      const connect = (cluster: ConnectedCluster) =>
        object === 'NodePool'
          ? new StaticPoolProvisioner(cluster, { profile })
          : new KarpenterProvisioner(cluster, { profile, form: object === 'Machine' ? machineForm : nodeClaimForm });
      const plugin: ProvisionerPlugin = { name: 'karpenter', retired: 'warn', nodeSelector: ownershipLabels, connect };
      const provisioner = (preferring ? withPreferredNodes(plugin) : plugin).connect({ client, cache, clock });
      await settled(cache.synced());
      return provisioner;
    },
    cloud,
    advance: (ms) => clock.advance(ms),
    now: () => clock.now(),
    requests: () => process?.wire.requests ?? 0,
    node: async (name) => (await settled(cluster.client.get(NODES, undefined, name))) as KubeObject | undefined,
    stop: async () => {
      if (process) {
        process.wire.dead = true;
        process.cache.stop();
      }
      await clock.advance(MINUTE);
      await cluster.stop();
    },
  };
}

/** A claim of another program, of a class that nobody here serves. */
function strangeClaim(name: string): object {
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: { name, labels: { theirs: 'yes' } },
    spec: { nodeClassRef: { group: 'other.example', kind: 'OtherClass', name: 'other' }, requirements: [] },
  };
}

/** A pool of another program. */
function strangePool(name: string): object {
  const nodeClassRef = { group: 'other.example', kind: 'OtherClass', name: 'other' };
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name, labels: { theirs: 'yes' } },
    spec: { replicas: 1, template: { spec: { nodeClassRef, requirements: [] } } },
  };
}

/** A Machine of another program, which asks for nothing that can be had. */
function strangeMachine(name: string): object {
  return {
    apiVersion: 'karpenter.sh/v1alpha5',
    kind: 'Machine',
    metadata: { name, labels: { theirs: 'yes' } },
    spec: { machineTemplateRef: { name }, requirements: [] },
  };
}

/** Makes the kind of node class known, and one that is ready. */
export async function installNodeClass(
  cluster: DevCluster,
  { nodeClassRef, nodeClassResource }: NodeClassProfile,
  ready = 'True',
): Promise<void> {
  const { group, kind, name } = nodeClassRef;
  const { version = '', plural = '' } = nodeClassResource ?? {};
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await cluster.client.create({ group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  } as never);
  await cluster.client.create({ group, version, plural }, {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status: ready, message: 'subnets not found' }] },
  } as never);
}
