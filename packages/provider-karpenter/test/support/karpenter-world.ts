import {
  bytes,
  type KubeObject,
  type KubeRequest,
  RestClient,
  type Transport,
  WatchCache,
  writeThrough,
} from '@kaito-sdk/core';
import type { CloudUnderTest, ProvisionerUnderTest } from '@kaito-sdk/core/testing';
import { type ClaimFault, DevCluster, VirtualClock } from '@kaito-sdk/devcluster';
import {
  KarpenterProvisioner,
  type KarpenterProvisionerOptions,
  type NodeClassProfile,
  ownershipLabels,
} from '@kaito-sdk/provider-karpenter';

const MINUTE = 60_000;
const NODES = { group: '', version: 'v1', plural: 'nodes' };
const CLAIMS = { group: 'karpenter.sh', version: 'v1', plural: 'nodeclaims' };

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

/** A KarpenterProvisioner on a cluster with a simulated Karpenter, in virtual time. */
export async function karpenterWorld(options: KarpenterProvisionerOptions): Promise<ProvisionerUnderTest> {
  const clock = new VirtualClock();
  const cluster = await DevCluster.start({
    clock,
    karpenter: {
      nodeClasses: [options.profile.nodeClassRef],
      instances: { 'gpu.small': { cpu: 4, memory: '16Gi', gpus: 1 } },
      delays: { launch: 2 * MINUTE, join: MINUTE, gpu: MINUTE, terminate: MINUTE },
    },
  });
  if (options.profile.nodeClassResource) await installNodeClass(cluster, options.profile);
  const karpenter = cluster.karpenter;
  if (!karpenter) throw new Error('the cluster has no Karpenter');
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    const [answer] = await Promise.all([promise, clock.settle()]);
    await clock.settle();
    return answer;
  };
  let process: { wire: MortalWire; cache: WatchCache } | undefined;

  const cloud: CloudUnderTest = {
    machines: async () => {
      const { items } = await settled(cluster.client.list(CLAIMS));
      const running = karpenter.meter.bill().lines.filter((line) => line.running);
      return running.map(({ machine, instanceType }) => {
        const claim = items.find(({ metadata }) => metadata.name === machine);
        return { claim: machine, instanceType, ...placed(claim as KubeObject | undefined) };
      });
    },
    failNext: (failure) => karpenter.failNext(failure === 'capacity' ? { kind: 'no-capacity' } : words[failure]),
    stallNext: (step) => karpenter.failNext({ kind: step === 'launch' ? 'never-launches' : 'never-joins' }),
    occupy: async (name) => {
      await settled(cluster.client.create(CLAIMS, strangeClaim(name) as never));
    },
    occupied: async (name) => {
      const claim = await settled(cluster.client.get(CLAIMS, undefined, name));
      return claim?.metadata.labels?.theirs === 'yes' && claim.metadata.deletionTimestamp === undefined;
    },
    lose: (claim) => settled(karpenter.lose(claim)),
  };

  return {
    request: {
      instanceType: 'gpu.small',
      capacityType: 'on-demand',
      diskBytes: bytes(50 * 2 ** 30),
      labels: { apps: 'demo' },
    },
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
      const provisioner = new KarpenterProvisioner({ client, cache, clock }, options);
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

/** What Karpenter core makes of a claim's requirements: a machine of that capacity type, in that zone. */
function placed(claim: KubeObject | undefined): { capacityType?: 'on-demand' | 'spot'; zone?: string } {
  const { requirements = [] } = (claim?.spec ?? {}) as { requirements?: { key: string; values?: string[] }[] };
  const value = (key: string) => requirements.find((one) => one.key === key)?.values?.[0];
  const capacityType = value('karpenter.sh/capacity-type');
  const zone = value('topology.kubernetes.io/zone');
  return {
    ...(capacityType === 'spot' || capacityType === 'on-demand' ? { capacityType } : {}),
    ...(zone === undefined ? {} : { zone }),
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
