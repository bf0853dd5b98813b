import type { BillLine, DevClusterOptions, NodeOptions, SimulatedKarpenterOptions } from '@kaito-sdk/devcluster';
import { AksConfig, AksProvisioner } from '@kaito-sdk/provider-aks';
import { simulatedAzure } from '@kaito-sdk/provider-aks/testing';
import { profiles } from '@kaito-sdk/provider-karpenter';
import { installNodeClass } from '../cloud-worlds.js';
import { World } from '../world.js';
import type { FaultPoint } from './fault-point.js';

const MINUTE = 60_000;
/** What Workspaces ask for first, and what they are changed to. */
export const FIRST_TYPE = 'Standard_NC6s_v3';
export const SECOND_TYPE = 'Standard_NC24ads_A100_v4';
/** Where nodes of one's own are shared, by this label. */
export const SHARED = 'shared';

const TYPES = [FIRST_TYPE, SECOND_TYPE, 'Standard_NC4as_T4_v3'];
const SHAPE = { cpu: 24, memory: '220Gi', gpus: 1, ephemeralStorage: '1Ti' };
const DELAYS = { launch: 4 * MINUTE, join: MINUTE, gpu: 2 * MINUTE, terminate: 2 * MINUTE };
/** A node without GPUs, for the look at tuning data. */
const PLAIN: NodeOptions = { name: 'plain-1' };

/** Where nodes come from. */
export interface Ground {
  readonly world: World;
  /** Whether machines are bought here. */
  readonly buys: boolean;
  bill(): readonly BillLine[];
  /** What there is of claims outside the cluster, or on nodes of one's own. */
  claims(): Promise<readonly string[]>;
}

/** Where the calls of one process to the cloud pass. */
export interface CallPoint extends Pick<FaultPoint, 'pass'> {
  /** Whether a call that is under way waits for something else than the cloud. */
  readonly paused?: boolean;
}

/** Asked for each process: where its calls to the cloud pass, so that they meet their faults too. */
export type PointOf = () => CallPoint | undefined;

/** How a life wants its cluster. */
export type GroundOptions = Pick<DevClusterOptions, 'script' | 'pullDelay'> & {
  /** Nodes that are there already, beside those of the ground. */
  readonly ownNodes?: readonly NodeOptions[];
};

type Start = (options: GroundOptions, point: PointOf) => Promise<Ground>;

const karpenter =
  (cloud: Partial<SimulatedKarpenterOptions>, config: object): Start =>
  async ({ ownNodes = [], ...options }) => {
    const world = await World.start(
      { nodes: [PLAIN, ...ownNodes], ...options },
      { delays: DELAYS, ...cloud },
      { config: { '@kaito-sdk/provider-karpenter': { retired: 'warn', ...config } } },
    );
    const bill = () => world.cluster.karpenter?.meter.bill().lines ?? [];
    return { world, buys: true, bill, claims: async () => [] };
  };

const pools: Start = async (options, point) => {
  const profile = profiles.kwok;
  if (profile === undefined) throw new Error('there is no profile kwok');
  const served = { staticPools: true, nodeClasses: [profile.nodeClassRef] };
  const ground = await karpenter(served, { object: 'NodePool', profile: 'kwok' })(options, point);
  await installNodeClass(ground.world, profile);
  return ground;
};

const aks: Start = async ({ ownNodes = [], ...options }, pointOf) => {
  const world = await World.start(
    {
      karpenter: false,
      nodes: [PLAIN, ...ownNodes],
      arm: { instances: Object.fromEntries(TYPES.map((type) => [type, SHAPE])), delays: DELAYS, maxOperations: 3 },
      ...options,
    },
    {},
    { provisioner: 'aks', config: { '@kaito-sdk/provider-aks': { retired: 'warn' } } },
  );
  const { arm } = world.cluster;
  if (arm === undefined) throw new Error('the cluster has no Resource Manager');
  world.connect = (wire) => {
    const point = pointOf();
    let calls = 0;
    world.clock.busyWhile(() => calls > 0 && point?.paused !== true);
    const azure = simulatedAzure(arm, {
      around: (method, send) => wire.pass(method !== 'GET', () => point?.pass(`${method} Azure`, send) ?? send()),
      calls: (change) => {
        calls += change;
      },
    });
    return (cluster) => new AksProvisioner(cluster, { ...new AksConfig(), azure });
  };
  return {
    world,
    buys: true,
    bill: () => arm.meter.bill().lines,
    claims: async () => [...arm.pools.keys()].map((pool) => `pool ${pool}`),
  };
};

const byo: Start = async ({ ownNodes = [], ...options }) => {
  const nodes = [FIRST_TYPE, SECOND_TYPE].map((type, i) => ({
    name: `own-${i}`,
    labels: { apps: SHARED, 'node.kubernetes.io/instance-type': type },
    shape: { ...SHAPE, cpu: 64, memory: '512Gi', gpus: 2 },
  }));
  const world = await World.start(
    { karpenter: false, nodes: [PLAIN, ...nodes, ...ownNodes], ...options },
    {},
    { provisioner: 'byo' },
  );
  return { world, buys: false, bill: () => [], claims: async () => [] };
};

/** Every provisioner there is, by name. */
export const grounds = {
  karpenter: karpenter({}, {}),
  pools,
  machine: karpenter({ api: 'Machine' }, { object: 'Machine' }),
  aks,
  byo,
} as const satisfies Readonly<Record<string, Start>>;

export type GroundName = keyof typeof grounds;
export const groundNames = Object.keys(grounds) as readonly GroundName[];
