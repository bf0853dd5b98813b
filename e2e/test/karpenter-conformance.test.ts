import { setTimeout as pause } from 'node:timers/promises';
import {
  bytes,
  type Condition,
  type KubeObject,
  type KubeRequest,
  NODES,
  RestClient,
  systemClock,
  type Transport,
  WatchCache,
  writeThrough,
} from '@kaito-sdk/core';
import { type ProvisionerUnderTest, provisionerConformance } from '@kaito-sdk/core/testing';
import {
  KarpenterProvisioner,
  NODE_CLAIMS,
  NODE_POOLS,
  type NodeClassProfile,
  ownershipLabels,
  poolName,
  poolStates,
  StaticPoolProvisioner,
} from '@kaito-sdk/provider-karpenter';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { Karpenter, KWOK_NODE_CLASSES } from '../dist/karpenter.js';
import { RecordingTransport } from '../dist/recording-transport.js';

const MINUTE = 60_000;
/**
 * So many looks of one process at a release may be short ones. What Karpenter misses of a static pool at once it sees a minute later (RequeueAfter in
 * pkg/controllers/static/deprovisioning of core 1.14.1), and then the drain begins.
 */
const SHORT_LOOKS = 20;
const TYPE = 'Standard_NC24ads_A100_v4';

const profile: NodeClassProfile = {
  name: 'kwok',
  installer: "Karpenter's KWOK provider",
  nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'default' },
  nodePool: 'kaito',
  annotations: {},
};

type NodeObjectKind = 'NodeClaim' | 'NodePool';

describe('the provisioners of NodeClaims and of static NodePools, on a real Karpenter core', () => {
  let plane: ControlPlane;
  let karpenter: Karpenter;

  before(async () => {
    plane = await ControlPlane.start({ controllerManager: true });
    karpenter = await Karpenter.start(plane);
  });
  after(async () => {
    await karpenter?.stop();
    await plane?.stop();
  });

  const noSuchFailure = 'the KWOK provider has no such failure';
  const unsupported = {
    'PROV-07': 'the KWOK provider is given no spot machines',
    'PROV-22': noSuchFailure,
    'PROV-23': noSuchFailure,
    'PROV-24': noSuchFailure,
    'PROV-25': noSuchFailure,
    'PROV-26': noSuchFailure,
    'PROV-33': 'the KWOK provider makes the Node of a claim that is gone by then, and says so in its source',
  };
  for (const object of ['NodeClaim', 'NodePool'] as const) {
    // Two rules die after each request in turn, and every end is a drain of at least five seconds.
    const options = { timeoutMs: 300_000, unsupported };
    provisionerConformance(`karpenter, ${object}, Karpenter 1.14.1`, () => world(plane, karpenter, object), options);
  }
});

/** Counts every request but the opening of watches. */
class CountingTransport implements Transport {
  requests = 0;

  constructor(private readonly inner: Transport) {}

  request(request: KubeRequest) {
    if (!/[?&]watch=(1|true)/.test(request.path)) this.requests += 1;
    return this.inner.request(request);
  }
}

/** Karpenter as it is found, with a node class and nothing else. Minutes of a rule are moments here, as its machines are. */
async function world(plane: ControlPlane, karpenter: Karpenter, object: NodeObjectKind): Promise<ProvisionerUnderTest> {
  await karpenter.nodeClass('default');
  let process: { wire: RecordingTransport; cache: WatchCache; count: CountingTransport } | undefined;
  let looks = 0;
  const { client } = plane;

  async function end(): Promise<void> {
    process?.wire.pull();
    process?.cache.stop();
    await process?.wire.close();
    process = undefined;
  }

  const live = async (): Promise<readonly KubeObject[]> => [
    ...(await client.list(NODE_POOLS)).items,
    ...(await client.list(NODE_CLAIMS)).items,
    ...(await client.list(NODES)).items,
  ];

  /** A claim that waits, or something that goes. A class that nobody serves, and a delay without end, count as rest. */
  const moving = ({ kind, metadata, spec, status }: KubeObject): boolean => {
    if (metadata.deletionTimestamp !== undefined) return true;
    const { nodeClassRef } = (spec ?? {}) as { nodeClassRef?: { kind: string } };
    if (kind !== 'NodeClaim' || nodeClassRef?.kind !== 'KWOKNodeClass') return false;
    const { conditions = [] } = (status ?? {}) as { conditions?: readonly Condition[] };
    return !conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  };

  /** What a pool has called otherwise: the claims of the contract by the names of their nodes, as the slots of the pool say. */
  async function claimsByNode(): Promise<ReadonlyMap<string, string>> {
    if (object !== 'NodePool') return new Map();
    const pools = (await client.list(NODE_POOLS)).items;
    const claims = (await client.list(NODE_CLAIMS)).items;
    return new Map(
      pools.flatMap((pool) => {
        const mine = claims.filter(({ metadata }) => metadata.labels?.['karpenter.sh/nodepool'] === pool.metadata.name);
        return poolStates(pool, mine).flatMap(({ name, nodeName }) =>
          nodeName === undefined ? [] : [[nodeName, name] as const],
        );
      }),
    );
  }

  /**
   * A pool that gives one of several machines back may see Karpenter begin another before `replicas` falls, and take it back at once. Its
   * NodeClaim goes; the Node does not, for the KWOK provider makes it all the same and nobody takes it away. No cloud would bill that.
   */
  async function claimed(): Promise<(node: KubeObject) => boolean> {
    if (object !== 'NodePool') return () => true;
    const claims = (await client.list(NODE_CLAIMS)).items as readonly {
      readonly status?: { readonly providerID?: string };
    }[];
    const providers = new Set(claims.map(({ status }) => status?.providerID));
    return ({ spec }) => providers.has((spec as { readonly providerID?: string }).providerID);
  }
  const theirs = object === 'NodePool' ? NODE_POOLS : NODE_CLAIMS;

  return {
    request,
    nodeSelector: ownershipLabels,
    connect: async ({ requestsToLive = Number.POSITIVE_INFINITY } = {}) => {
      await end();
      const wire = new RecordingTransport(plane.connect());
      wire.cutAfter = requestsToLive;
      const count = new CountingTransport(wire);
      const parts = { transport: count, clock: systemClock, random: Math.random, fieldManager: 'e2e', retries: 0 };
      const cache = new WatchCache({ ...parts, onTrouble: () => undefined });
      process = { wire, cache, count };
      looks = 0;
      const through = writeThrough(new RestClient(parts), cache);
      const connected = { client: through, cache, clock: systemClock };
      const provisioner =
        object === 'NodePool'
          ? new StaticPoolProvisioner(connected, { profile })
          : new KarpenterProvisioner(connected, { profile });
      await cache.synced();
      return provisioner;
    },
    cloud: {
      machines: async () => {
        const claims = await claimsByNode();
        const standing = await claimed();
        return (await client.list(NODES)).items.filter(standing).map(({ metadata: { name, labels = {} } }) => ({
          claim: claims.get(name) ?? labels['kubernetes.io/hostname'] ?? '',
          instanceType: labels['node.kubernetes.io/instance-type'] ?? '',
          zone: labels['topology.kubernetes.io/zone'] ?? '',
        }));
      },
      failNext: async () => {
        await client.delete(KWOK_NODE_CLASSES, undefined, 'default');
      },
      stallNext: () => karpenter.nodeClass('default', '100h'),
      occupy: async (name) => {
        await client.create(theirs, object === 'NodePool' ? strangePool(poolName(ofAlice)) : strangeClaim(name));
      },
      occupied: async (name) => {
        const found = await client.get(theirs, undefined, object === 'NodePool' ? poolName(ofAlice) : name);
        return found?.metadata.labels?.theirs === 'yes' && found.metadata.deletionTimestamp === undefined;
      },
      lose: async (claim) => {
        const claims = await claimsByNode();
        for (const { metadata } of (await client.list(NODES)).items) {
          const of = claims.get(metadata.name) ?? metadata.labels?.['kubernetes.io/hostname'];
          if (of === claim) await client.delete(NODES, undefined, metadata.name);
        }
      },
    },
    advance: async (ms) => {
      // A rule that waits for a drain gives up after forty of its minutes: on a busy machine they must not be over too soon.
      const late = object === 'NodePool' && ms === MINUTE && ++looks > SHORT_LOOKS;
      await pause(late ? 5000 : Math.min(800, Math.max(300, ms / 75)));
      if (ms < 5 * MINUTE) return;
      const rest = async (): Promise<void> => {
        if ((await live()).some(moving)) throw new Error('something is on its way');
      };
      await eventually(rest, 12_000).catch(() => undefined);
      await pause(300);
    },
    now: () => systemClock.now(),
    requests: () => process?.count.requests ?? 0,
    node: (name) => client.get(NODES, undefined, name),
    stop: async () => {
      await end();
      // Quicker than a drain, and enough: a machine is nothing but its Node here. One that is still on its way comes first.
      await eventually(async () => {
        for (const { kind, metadata } of await live()) {
          const resource = { NodePool: NODE_POOLS, NodeClaim: NODE_CLAIMS }[kind] ?? NODES;
          await client
            .merge(resource, undefined, metadata.name, { metadata: { finalizers: null } })
            .catch(() => undefined);
          await client.delete(resource, undefined, metadata.name);
        }
        await pause(500);
        if ((await live()).length > 0) throw new Error('something is still there');
      });
    },
  };
}

const request = {
  instanceType: TYPE,
  capacityType: 'on-demand',
  diskBytes: bytes(50 * 2 ** 30),
  labels: { apps: 'demo' },
} as const;

/** The pool that the suite's first owner would have. */
const ofAlice = { ...request, owner: { namespace: 'default', name: 'alice', uid: 'uid-alice' } };

/** A pool of another program, of a class that nobody here serves. */
function strangePool(name: string): KubeObject {
  const nodeClassRef = { group: 'other.example', kind: 'OtherClass', name: 'other' };
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name, labels: { theirs: 'yes' } },
    spec: { replicas: 1, template: { spec: { nodeClassRef, requirements: [] } } },
  };
}

/** A claim of another program, of a class that nobody here serves. */
function strangeClaim(name: string): KubeObject {
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: { name, labels: { theirs: 'yes' } },
    spec: { nodeClassRef: { group: 'other.example', kind: 'OtherClass', name: 'other' }, requirements: [] },
  };
}
