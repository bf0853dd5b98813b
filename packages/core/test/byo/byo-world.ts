import type { KubeRequest, Transport } from '@kaito-sdk/core';
import {
  ByoProvisioner,
  byoProvisioner,
  type ConnectedCluster,
  type KubeObject,
  type NodeProvisioner,
  RestClient,
  WatchCache,
  writeThrough,
} from '@kaito-sdk/core';
import type { ProvisionerUnderTest } from '@kaito-sdk/core/testing';
import { DevCluster, VirtualClock } from '@kaito-sdk/devcluster';

const NODES = { group: '', version: 'v1', plural: 'nodes' };
const RECORD = 'byo.kaito-sdk.dev/claim-';

/** Answers what it is asked until the process it belongs to is dead. */
class MortalWire implements Transport {
  requests = 0;
  dead = false;
  constructor(
    private readonly inner: Transport,
    private left: number,
  ) {}
  async request(request: KubeRequest) {
    if (this.dead) throw new Error('the process is dead');
    if (!/[?&]watch=(1|true)/.test(request.path)) this.requests++;
    const answer = await this.inner.request(request);
    if (request.method !== 'GET' && --this.left <= 0) this.dead = true;
    if (this.dead) throw new Error('the process is dead');
    return answer;
  }
}

export interface NodeParts {
  readonly gpus?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A cluster with nodes of its own, and what a test does to it. */
export async function byoWorld(
  nodes: Readonly<Record<string, NodeParts>>,
  connected: (cluster: ConnectedCluster) => NodeProvisioner = (cluster) => new ByoProvisioner(cluster),
) {
  const clock = new VirtualClock();
  const cluster = await DevCluster.start({ clock });
  const { client } = cluster;
  for (const [name, { gpus = 1, labels, annotations }] of Object.entries(nodes)) {
    const metadata = {
      name,
      annotations,
      labels: { apps: 'demo', 'node.kubernetes.io/instance-type': 'gpu.small', ...labels },
    };
    const resources = { 'nvidia.com/gpu': String(gpus) };
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
    await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata } as never);
    await client.merge(
      NODES,
      undefined,
      name,
      { status: { allocatable: resources, capacity: resources, conditions } },
      'status',
    );
  }
  let process: { wire: MortalWire; cache: WatchCache } | undefined;
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    const [answer] = await Promise.all([promise, clock.settle()]);
    await clock.settle();
    return answer;
  };
  const all = async () => (await settled(client.list(NODES))).items as unknown as KubeObject[];
  const annotations = async () => (await all()).flatMap(({ metadata }) => Object.entries(metadata.annotations ?? {}));

  const world: ProvisionerUnderTest = {
    request: {
      instanceType: 'gpu.small',
      capacityType: 'on-demand',
      diskBytes: 0 as never,
      labels: { apps: 'demo' },
      resources: { 'nvidia.com/gpu': 1 },
    },
    nodeSelector: byoProvisioner.nodeSelector,
    connect: async ({ requestsToLive = Number.POSITIVE_INFINITY } = {}) => {
      if (process) {
        process.wire.dead = true;
        process.cache.stop();
      }
      const wire = new MortalWire(cluster.transport, requestsToLive);
      const parts = { transport: wire, clock, random: () => 0.5, fieldManager: 'test', retries: 0 };
      const cache = new WatchCache({ ...parts, onTrouble: () => undefined });
      process = { wire, cache };
      const provisioner = connected({ client: writeThrough(new RestClient(parts), cache), cache, clock });
      await settled(cache.synced());
      return provisioner;
    },
    cloud: {
      machines: async () =>
        (await annotations())
          .filter(([key, value]) => key.startsWith(RECORD) && value.startsWith('{'))
          .map(([key]) => ({ claim: key.slice(RECORD.length), instanceType: 'gpu.small' })),
      failNext: async () => {
        for (const { metadata } of await all())
          await client.merge(NODES, undefined, metadata.name, { spec: { unschedulable: true } });
      },
      stallNext: () => undefined,
      occupy: async (name) => {
        const [node] = await all();
        await client.merge(NODES, undefined, node!.metadata.name, {
          metadata: { annotations: { [RECORD + name]: 'theirs' } },
        });
      },
      occupied: async (name) =>
        (await annotations()).some(([key, value]) => key === RECORD + name && value === 'theirs'),
      lose: async (claim) => {
        const node = (await all()).find(({ metadata }) => RECORD + claim in (metadata.annotations ?? {}));
        await client.delete(NODES, undefined, node!.metadata.name);
      },
    },
    advance: (ms) => clock.advance(ms),
    now: () => clock.now(),
    requests: () => process?.wire.requests ?? 0,
    node: async (name) => (await all()).find(({ metadata }) => metadata.name === name),
    stop: async () => {
      if (process) {
        process.wire.dead = true;
        process.cache.stop();
      }
      await clock.advance(60_000);
      await cluster.stop();
    },
  };
  return world;
}
