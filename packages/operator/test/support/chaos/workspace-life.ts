import type { KubeObject } from '@kaito-sdk/core';
import type { Script } from '@kaito-sdk/devcluster';
import { phiWorkspace, WORKSPACES, type World } from '../world.js';
import { FIRST_TYPE, type GroundName, SECOND_TYPE, SHARED } from './ground.js';

const MINUTE = 60_000;
const SECRETS = { group: '', version: 'v1', plural: 'secrets' };
const IMAGE = `registry.example/team/adapter@sha256:${'a'.repeat(64)}`;

/** What a user does, and when it has come about. */
export interface Step {
  readonly deed: (world: World, ground: GroundName) => Promise<unknown>;
  readonly reached: (world: World) => Promise<boolean>;
  /** It must come about within minutes, whatever would come about later by itself. */
  readonly soon?: true;
}

const ready =
  (name: string) =>
  async (world: World): Promise<boolean> =>
    (await world.condition('WorkspaceReady', name))?.status === 'True';
const gone =
  (name: string) =>
  async (world: World): Promise<boolean> =>
    (await world.workspace(name)) === undefined;
const tuned =
  (name: string) =>
  async (world: World): Promise<boolean> =>
    (await world.workspace(name))?.status?.state === 'Succeeded';

function placed(ground: GroundName, workspace: KubeObject): KubeObject {
  const apps = ground === 'byo' ? SHARED : workspace.metadata.name;
  return {
    ...workspace,
    resource: { instanceType: FIRST_TYPE, labelSelector: { matchLabels: { apps } } },
  } as KubeObject;
}

function apply(workspace: KubeObject): Step['deed'] {
  return (world, ground) => world.apply(placed(ground, workspace));
}

/** A Workspace that serves. */
export function served(name: string, adapters: readonly object[] = []): KubeObject {
  const workspace = phiWorkspace({ name });
  return adapters.length === 0
    ? workspace
    : ({ ...workspace, inference: { preset: { name: 'phi-3-mini-128k-instruct' }, adapters } } as KubeObject);
}

/** A Workspace that tunes; it needs what {@link furnish} brings. */
export function tuning(name: string): KubeObject {
  return {
    ...phiWorkspace({ name }),
    inference: undefined,
    tuning: {
      preset: { name: 'phi-3-mini-4k-instruct' },
      method: 'qlora',
      input: { urls: ['https://data.example/train.parquet'] },
      output: { image: 'registry.example/team/adapter:1', imagePushSecret: 'push' },
    },
  } as unknown as KubeObject;
}

const serve: Step = { deed: apply(served('demo')), reached: ready('demo') };

/** The release of the nodes is the Workspace's own business, and not that of the leak hunt half an hour later. */
const nothingPaid: Step = {
  deed: async (world) => {
    if (paid(world)) throw new Error('the Workspace is gone, and its machine still runs');
  },
  reached: async (world) => !paid(world),
  soon: true,
};

function paid({ cluster: { karpenter, arm } }: World): boolean {
  return (karpenter ?? arm)?.meter.bill().lines.some(({ running }) => running) ?? false;
}

/** The lives of Workspaces, by name. */
export const lives = {
  inference: [serve],
  adapters: [
    {
      deed: apply(served('demo', [{ source: { name: 'pirate', image: IMAGE }, strength: '1.0' }])),
      reached: ready('demo'),
    },
  ],
  tuning: [{ deed: apply(tuning('demo')), reached: tuned('demo') }],
  'tune then serve': [
    {
      deed: async (world, ground) => {
        await world.apply(placed(ground, tuning('tuner')));
        const adapter = { source: { name: 'tuned' }, tuning: { workspace: 'tuner', follow: true }, strength: '1.0' };
        await world.apply(placed(ground, served('demo', [adapter])));
      },
      reached: ready('demo'),
    },
  ],
  change: [
    serve,
    {
      deed: (world) =>
        world.cluster.client.merge(WORKSPACES, 'default', 'demo', { resource: { instanceType: SECOND_TYPE } }),
      reached: async (world) => {
        const { plan } = (await world.workspace('demo'))?.status ?? {};
        return plan?.feasible === true && plan.nodes.instanceType === SECOND_TYPE && (await ready('demo')(world));
      },
    },
  ],
  delete: [serve, { deed: (world) => world.delete('demo'), reached: gone('demo') }, nothingPaid],
  // Somebody takes the finalizer away, and the Workspace goes without a word to anybody: the leak hunt finds its nodes.
  'torn away': [
    serve,
    {
      deed: async (world) => {
        const { metadata } = (await world.workspace('demo')) ?? {};
        if (metadata?.finalizers === undefined) throw new Error('a ready Workspace has no finalizer');
        await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { finalizers: null } });
        await world.delete('demo');
      },
      reached: gone('demo'),
    },
  ],
  'delete while it starts': [
    {
      deed: apply(served('demo')),
      // As soon as a machine is paid for.
      reached: async (world) =>
        ((await world.workspace('demo'))?.status?.attempts ?? []).some(
          ({ stage }) => stage !== 'asked' && stage !== 'requested',
        ),
    },
    { deed: (world) => world.delete('demo'), reached: gone('demo') },
    nothingPaid,
  ],
} as const satisfies Readonly<Record<string, readonly Step[]>>;

export type LifeName = keyof typeof lives;
export const lifeNames = Object.keys(lives) as readonly LifeName[];

/** Whatever a life needs that users have in their cluster. */
export async function furnish(world: World): Promise<void> {
  await world.cluster.client.create(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'push', namespace: 'default' },
    data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') },
  } as never);
}

/** How long the containers of these lives take, and what they leave behind. */
export const lifeScript: Script = (pod, container) => {
  if (container.startsWith('image-')) return { exit: { after: 0, code: 0 } };
  if (container === 'check') return { exit: { after: 20_000, code: 0 } };
  if (container === 'trainer' || container === 'pusher') {
    return { exit: { after: 60 * MINUTE, code: 0, message: JSON.stringify({ message: 'pushed', image: IMAGE }) } };
  }
  if (pod.spec.initContainers?.some(({ name }) => name === container)) return { exit: { after: 30_000, code: 0 } };
  return { readyAfter: 3 * MINUTE };
};
