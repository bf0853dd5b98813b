import type { KubeObject, Workspace } from '@kaito-sdk/core';
import type { NodeOptions, Script } from '@kaito-sdk/devcluster';
import { NODES, phiWorkspace, type World } from '../world.js';
import { FIRST_TYPE, type GroundName, SHARED } from './ground.js';

/** Annotations of nodes that are taken begin so. */
export const CLAIM_MARK = 'byo.kaito-sdk.dev/claim-';

/** What a user does, and when it has come about. */
export interface Step {
  readonly deed: (world: World, ground: GroundName) => Promise<unknown>;
  /** Of the last step it must also hold at the end of the life. */
  readonly reached: (world: World, ground: GroundName) => Promise<boolean>;
  /** It must come about within so many milliseconds, whatever would come about later by itself. */
  readonly withinMs?: number;
}

/** What a life has beside its steps. */
export interface LifeSetting {
  /** Where it can be lived. @default everywhere */
  readonly on?: readonly GroundName[];
  /** Nodes that are there before anything is bought. */
  readonly nodes?: readonly NodeOptions[];
  /** What goes wrong before it begins. */
  readonly trouble?: (world: World) => unknown;
  /** How its containers behave, anew for each life. */
  readonly script?: (otherwise: Script) => Script;
  /** Whether a machine is bought that nobody needs depends on how long the operator was away. Undisturbed, none is. */
  readonly mayBuy?: true;
}

export const ready =
  (name: string) =>
  async (world: World): Promise<boolean> =>
    (await world.condition('WorkspaceReady', name))?.status === 'True';

export const gone =
  (name: string) =>
  async (world: World): Promise<boolean> =>
    (await world.workspace(name)) === undefined;

export const tuned =
  (name: string) =>
  async (world: World): Promise<boolean> =>
    (await world.workspace(name))?.status?.state === 'Succeeded';

/** The Workspace as this ground wants it. */
export function placed(ground: GroundName, workspace: KubeObject): KubeObject {
  const apps = ground === 'byo' ? SHARED : workspace.metadata.name;
  const { resource: more } = workspace as { readonly resource?: object };
  return {
    ...workspace,
    resource: { ...more, instanceType: FIRST_TYPE, labelSelector: { matchLabels: { apps } } },
  } as KubeObject;
}

export function apply(workspace: KubeObject): Step['deed'] {
  return (world, ground) => world.apply(placed(ground, workspace));
}

/** A Workspace that serves. */
export function served(name: string, adapters: readonly object[] = []): KubeObject {
  const workspace = phiWorkspace({ name });
  return adapters.length === 0
    ? workspace
    : ({ ...workspace, inference: { preset: { name: 'phi-3-mini-128k-instruct' }, adapters } } as KubeObject);
}

/** A Workspace that tunes; it needs what `furnish` brings. */
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

export const serve: Step = { deed: apply(served('demo')), reached: ready('demo') };

/** What stands in the status of each node that was ever asked for. */
export async function attempts(
  world: World,
  name = 'demo',
): Promise<NonNullable<NonNullable<Workspace['status']>['attempts']>> {
  return (await world.workspace(name))?.status?.attempts ?? [];
}

/** Names of all that was asked for and is not gone, whoever for: claims, pools, agent pools, and nodes that are taken. */
export async function askedFor(world: World): Promise<readonly string[]> {
  const { client, server, arm } = world.cluster;
  const kinds = [...server.registry.resources.all()].filter(
    ({ group, plural }) => group === 'karpenter.sh' && ['nodeclaims', 'nodepools', 'machines'].includes(plural),
  );
  const lists = await Promise.all(kinds.map(async (kind) => (await client.list(kind)).items));
  const taken = (await client.list(NODES)).items.filter(({ metadata }) =>
    Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith(CLAIM_MARK)),
  );
  return [...lists.flat(), ...taken].map(({ metadata }) => metadata.name).concat([...(arm?.pools.keys() ?? [])]);
}

/** The finalizer keeps a Workspace until the last of its nodes is gone. */
export const nothingLeft: Step = {
  deed: async (world) => {
    const left = await askedFor(world);
    if (left.length > 0) throw new Error(`the Workspace is gone, and what it asked for is not: ${left.join(', ')}`);
  },
  reached: async (world) => (await askedFor(world)).length === 0,
};
