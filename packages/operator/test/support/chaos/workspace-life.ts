import type { Script } from '@kaito-sdk/devcluster';
import { WORKSPACES, type World } from '../world.js';
import { type Ground, type GroundName, grounds, type PointOf, SECOND_TYPE } from './ground.js';
import {
  apply,
  gone,
  type LifeSetting,
  nothingLeft,
  placed,
  ready,
  type Step,
  serve,
  served,
  tuned,
  tuning,
} from './life-step.js';
import { tearAway, troubledLives, troubles } from './troubled-lives.js';

const MINUTE = 60_000;
/** Where something must come about soon: machines take two minutes to end, and pods half a minute. */
const SOON_MS = 8 * MINUTE;
const SECRETS = { group: '', version: 'v1', plural: 'secrets' };
const IMAGE = `registry.example/team/adapter@sha256:${'a'.repeat(64)}`;

/** The release of the nodes is the Workspace's own business, and not that of the leak hunt half an hour later. */
const nothingPaid: Step = {
  deed: async (world) => {
    if (paid(world)) throw new Error('the Workspace is gone, and its machine still runs');
  },
  reached: async (world) => !paid(world),
  withinMs: SOON_MS,
};

const unpaid: Step = { deed: async () => undefined, reached: async (world) => !paid(world) };

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
  delete: [serve, { deed: (world) => world.delete('demo'), reached: gone('demo') }, nothingPaid, nothingLeft],
  // Whoever sees it go, or begins after that, gives its nodes back at once.
  'torn away': [serve, tearAway, { ...unpaid, withinMs: SOON_MS }],
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
    nothingLeft,
  ],
  ...troubledLives,
} as const satisfies Readonly<Record<string, readonly Step[]>>;

export type LifeName = keyof typeof lives;
export const lifeNames = Object.keys(lives) as readonly LifeName[];

/** What a life has beside its steps. */
export function settingOf(life: LifeName): LifeSetting {
  return (troubles as Readonly<Partial<Record<LifeName, LifeSetting>>>)[life] ?? {};
}

/** The lives that can be lived on this ground. */
export function livesOn(ground: GroundName): readonly LifeName[] {
  return lifeNames.filter((life) => settingOf(life).on?.includes(ground) ?? true);
}

/** The world of a life, before anybody has done anything. */
export async function beginLife(name: GroundName, life: LifeName, point: PointOf): Promise<Ground> {
  const { nodes = [], script = (same) => same, trouble } = settingOf(life);
  const ground = await grounds[name]({ script: script(lifeScript), pullDelay: () => 30_000, ownNodes: nodes }, point);
  await furnish(ground.world);
  await trouble?.(ground.world);
  return ground;
}

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
