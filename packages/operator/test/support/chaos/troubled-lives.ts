import { byoProvisioner, defaultLeasePolicy, type KubeObject, type Workspace } from '@kaito-sdk/core';
import { armFaults, type NodeOptions } from '@kaito-sdk/devcluster';
import { installDevicePlugin } from '../device-plugin.js';
import { NODE_CLAIMS, NODES, WORKSPACES, type World } from '../world.js';
import { FIRST_TYPE, type GroundName } from './ground.js';
import {
  apply,
  askedFor,
  attempts,
  CLAIM_MARK,
  gone,
  type LifeSetting,
  nothingLeft,
  ready,
  type Step,
  serve,
  served,
  tuned,
  tuning,
} from './life-step.js';

const MINUTE = 60_000;
const JOBS = { group: 'batch', version: 'v1', plural: 'jobs' };
/** A node of somebody's own that a Workspace may prefer. */
const OWN: NodeOptions = {
  name: 'mine',
  labels: { apps: 'demo', 'node.kubernetes.io/instance-type': FIRST_TYPE },
  shape: { cpu: 24, memory: '220Gi', gpus: 1, ephemeralStorage: '1Ti' },
};
/** Where machines are bought, and a machine that fails is the business of the operator. */
const BUYING = ['karpenter', 'pools', 'machine', 'aks'] as const satisfies readonly GroundName[];

/** Somebody takes the finalizer away, and the Workspace goes without its nodes. */
export const tearAway: Step = {
  deed: async (world) => {
    const { metadata } = (await world.workspace('demo')) ?? {};
    if (metadata?.finalizers === undefined) throw new Error('a ready Workspace has no finalizer');
    await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { finalizers: null } });
    await world.delete('demo');
  },
  reached: gone('demo'),
};

/**
 * Ready after one node that came to nothing: why stands in the status (law 3), and the offer was passed over for a while before it was taken
 * again.
 */
const readyAfter = (reason: string): Step => ({
  deed: apply(served('demo')),
  reached: async (world) => {
    if (!(await ready('demo')(world))) return false;
    const all = await attempts(world);
    const [first, second, ...more] = all;
    if (first?.reason !== reason || second === undefined || more.length > 0)
      throw new Error(`ready, and the status does not tell of one node lost to ${reason}: ${JSON.stringify(all)}`);
    const pause = Date.parse(second.asked) - Date.parse(first.ended ?? '');
    if (!(pause >= defaultLeasePolicy.backoffMs)) throw new Error(`the offer was taken again after ${pause} ms`);
    return true;
  },
});

const trouble =
  (karpenter: 'never-launches' | 'never-joins' | 'never-shows-gpu' | 'no-capacity') =>
  ({ cluster }: World) => {
    cluster.karpenter?.failNext({ kind: karpenter });
    cluster.arm?.failNext(karpenter === 'no-capacity' ? armFaults.noCapacity() : { kind: karpenter });
  };

function preferring(count: number, ...preferredNodes: readonly string[]): Step['deed'] {
  return apply({ ...served('demo'), resource: { count, preferredNodes } } as KubeObject);
}

/** Pods find the nodes that are taken for their Workspace by its labels. */
async function nodesAreTied({ cluster }: World): Promise<boolean> {
  const workspaces = (await cluster.client.list(WORKSPACES)).items as unknown as readonly Workspace[];
  const { items: nodes } = await cluster.client.list(NODES);
  return workspaces.every((workspace) => {
    const { uid = '', namespace = '', name } = workspace.metadata;
    const labels = Object.entries(byoProvisioner.nodeSelector({ namespace, name }));
    const taken = nodes.filter(({ metadata }) =>
      Object.entries(metadata.annotations ?? {}).some(
        ([key, text]) => key.startsWith(CLAIM_MARK) && text.includes(uid),
      ),
    );
    return taken.every(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value));
  });
}

const readyOn =
  (isAsWanted: (nodes: readonly string[]) => boolean) =>
  async (world: World): Promise<boolean> => {
    const { workerNodes = [] } = (await world.workspace('demo'))?.status ?? {};
    return workerNodes.length === 2 && isAsWanted(workerNodes) && (await ready('demo')(world));
  };

/** Lives in which nodes come to nothing, or are not those that one expects. */
export const troubledLives = {
  // Before any machine is there; what was asked for a moment ago, and may not be in any cache yet, goes too.
  'delete as it asks': [
    { deed: apply(served('demo')), reached: async (world) => (await attempts(world)).length > 0 },
    { deed: (world) => world.delete('demo'), reached: gone('demo'), withinMs: 8 * MINUTE },
    nothingLeft,
  ],
  // The next Workspace has the name and not the nodes of the one that is gone.
  'torn away, made again': [
    serve,
    tearAway,
    { ...serve, reached: async (world) => (await ready('demo')(world)) && (await nodesAreTied(world)) },
  ],
  // A backup brings a machine's claim back, and not the Workspace that it was for. No watch of a Workspace tells of that.
  'restored in part': [
    serve,
    {
      deed: async ({ cluster: { client } }) => {
        const [claim] = (await client.list(NODE_CLAIMS)).items;
        if (claim === undefined) throw new Error('a ready Workspace has no claim');
        const { labels = {}, annotations = {} } = claim.metadata;
        const owned = { ...annotations, 'kaito-sdk.dev/owner-uid': 'of-a-workspace-before' };
        const metadata = { name: 'wsrestored', labels, annotations: owned };
        await client.create(NODE_CLAIMS, { ...claim, metadata, status: undefined } as never);
      },
      reached: async (world) => {
        const asked = await askedFor(world);
        return asked.length === 1 && !asked.includes('wsrestored') && (await ready('demo')(world));
      },
      withinMs: defaultLeasePolicy.leakHuntMs + 8 * MINUTE,
    },
  ],
  // A node of one's own, as soon as it is taken.
  'delete as it takes': [
    {
      deed: preferring(1, 'mine'),
      reached: async (world) => (await attempts(world)).length > 0,
    },
    { deed: (world) => world.delete('demo'), reached: gone('demo'), withinMs: 8 * MINUTE },
    nothingLeft,
  ],
  'never launches': [readyAfter('NodeLaunchOverdue')],
  'never joins': [readyAfter('NodeJoinOverdue')],
  'shows no devices': [readyAfter('NodeDevicesOverdue')],
  'never ready': [readyAfter('WorkloadReadyOverdue')],
  // Karpenter takes the claim back, and so somebody else did; Azure lets the pool fail, and its words are the reason.
  'no capacity': [
    {
      deed: apply(served('demo')),
      reached: async (world) => (await ready('demo')(world)) && (await attempts(world)).length === 2,
    },
  ],
  // What was done once is not done again, whatever becomes of the Job.
  'tuned for good': [
    { deed: apply(tuning('demo')), reached: tuned('demo') },
    {
      deed: ({ cluster }) => cluster.client.delete(JOBS, 'default', 'demo'),
      reached: async (world) => {
        const all = await attempts(world);
        if (all.length > 1) throw new Error(`a node was asked for after the end: ${JSON.stringify(all)}`);
        return tuned('demo')(world);
      },
    },
  ],
  'loses its machine': [
    serve,
    {
      deed: async ({ cluster: { karpenter, arm } }) => {
        const cloud = karpenter ?? arm;
        for (const { machine, running } of cloud?.meter.bill().lines ?? []) if (running) await cloud?.lose(machine);
      },
      reached: async (world, ground) => {
        const lines = (world.cluster.karpenter ?? world.cluster.arm)?.meter.bill().lines ?? [];
        const again = lines.length > 1 && lines.some(({ running }) => running) && (await ready('demo')(world));
        // Karpenter itself puts another machine into a pool.
        if (!again || ground === 'pools') return again;
        const all = await attempts(world);
        if (all[0]?.reason === undefined) throw new Error(`nobody says that a node was lost: ${JSON.stringify(all)}`);
        return true;
      },
    },
  ],
  // One node of one's own and one that is bought; then both are bought.
  'prefers a node': [
    {
      deed: preferring(2, 'mine'),
      reached: readyOn((nodes) => nodes.includes('mine')),
    },
    {
      deed: ({ cluster }) =>
        cluster.client.merge(WORKSPACES, 'default', 'demo', { resource: { preferredNodes: [] } } as never),
      reached: readyOn((nodes) => !nodes.includes('mine')),
      // What is on a lease that ends would move by itself in the end.
      withinMs: 30 * MINUTE,
    },
  ],
} as const satisfies Readonly<Record<string, readonly Step[]>>;

/** What those lives have beside their steps. */
export const troubles: Readonly<Partial<Record<keyof typeof troubledLives, LifeSetting>>> = {
  'delete as it asks': { mayBuy: true },
  'never launches': { on: BUYING, trouble: trouble('never-launches') },
  'never joins': { on: BUYING, trouble: trouble('never-joins') },
  'shows no devices': {
    on: BUYING,
    trouble: async (world) => {
      await installDevicePlugin(world);
      trouble('never-shows-gpu')(world);
    },
  },
  'never ready': {
    on: BUYING,
    script: (otherwise) => {
      let stuck: string | undefined;
      return (pod, container, restarts) => {
        const outcome = otherwise(pod, container, restarts);
        if (outcome.readyAfter === undefined) return outcome;
        stuck ??= pod.metadata.name;
        return stuck === pod.metadata.name ? { readyAfter: 'never' } : outcome;
      };
    },
  },
  'no capacity': { on: ['karpenter', 'machine', 'aks'], trouble: trouble('no-capacity') },
  'loses its machine': { on: BUYING },
  'restored in part': { on: ['karpenter'] },
  'delete as it takes': { on: BUYING, nodes: [OWN] },
  'prefers a node': { on: BUYING, nodes: [OWN] },
};
