import { createRequire } from 'node:module';
import { type KubeObject, kindOf, RestClient, WORKSPACES } from '@kaito-sdk/core';
import { installPlugins, operatorConfig } from '@kaito-sdk/operator';
import { type Adoption, adoptionOf, carryOut } from '../../dist/adopt/adoption.js';
import type { Change } from '../../dist/adopt/change.js';
import { readKaito } from '../../dist/adopt/read-kaito.js';
import { type Successor, successorOf } from '../../dist/adopt/successor.js';
import {
  createAll,
  helmSecret,
  KAITO_RELEASE,
  type KaitoAsks,
  kaitoChart,
  kaitoClaim,
  kaitoCrd,
  kaitoObjects,
  kaitoStatus,
  kaitoWorkspace,
} from './kaito-state.js';
import { NODES, PODS, Wire, World } from './world.js';

const MINUTE = 60_000;

/** A cluster on which KAITO's operator has served for a while, and is then taken over. */
export class KaitoWorld {
  private constructor(
    readonly world: World,
    /** Writes as KAITO's operator: its program is called manager. */
    readonly kaito: RestClient,
    /** Writes as `kaito adopt`. */
    readonly admin: RestClient,
    private readonly settings: object,
  ) {}

  static async start(
    settings: object = {},
    options: Parameters<typeof World.start>[0] = {},
    cloud: Parameters<typeof World.start>[1] = {},
  ): Promise<KaitoWorld> {
    const world = await World.start(options, cloud, settings, kaitoCrd());
    const as = (fieldManager: string) =>
      new RestClient({ transport: world.cluster.transport, clock: world.clock, random: () => 0.5, fieldManager });
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: KAITO_RELEASE.namespace } };
    const [definition, ...chart] = kaitoChart();
    await createAll(as('helm'), [namespace, ...chart, helmSecret([definition as KubeObject, ...chart])]);
    return new KaitoWorld(world, as('manager'), as('kaito-sdk'), settings);
  }

  /** A Workspace with its node and pods, ready and told so, as KAITO brings it there. */
  async serves(asks: KaitoAsks): Promise<void> {
    const { name, replicas = 1, own = false } = asks;
    const stored = await this.kaito.create(WORKSPACES, kaitoWorkspace(asks));
    const claims = own
      ? []
      : Array.from({ length: replicas }, (_, at) => kaitoClaim(asks, `wskaito${name.slice(0, 3)}${at}`));
    await createAll(this.kaito, [...claims, ...kaitoObjects(asks, stored)]);
    const { clock } = this.world;
    await clock.advanceUntil(async () => (await this.pods(name)).filter(runs).length === replicas, 60 * MINUTE);
    const nodes = (await this.pods(name)).map(({ spec }) => (spec as { nodeName: string }).nodeName);
    const status = kaitoStatus(nodes, new Date(clock.now()).toISOString().replace(/\.\d+/, ''));
    await this.kaito.merge(WORKSPACES, 'default', name, { status }, { subresource: 'status' });
    await clock.settle();
  }

  /** `kaito adopt`, with the configuration that the operator has. */
  async adoption(): Promise<Adoption> {
    const successor = await this.successor();
    return adoptionOf(await readKaito(this.admin, successor.release), successor);
  }

  /** `kaito adopt --apply`; what it did. With `writesToLive` the process is killed after as many, their answers lost. */
  async takeOver(writesToLive?: number): Promise<readonly Change[]> {
    const { clock, cluster } = this.world;
    const transport = writesToLive === undefined ? cluster.transport : new Wire(cluster.transport, writesToLive);
    const admin = new RestClient({ transport, clock, random: () => 0.5, fieldManager: 'kaito-sdk', retries: 0 });
    const done: Change[] = [];
    let ended = false;
    const work = carryOut(admin, await this.successor(), { clock, told: (change) => void done.push(change) }).finally(
      () => {
        ended = true;
      },
    );
    work.catch(() => undefined);
    await clock.advanceUntil(() => ended, 10 * MINUTE);
    await work;
    return done;
  }

  async successor(): Promise<Successor> {
    const config = operatorConfig(
      { config: { '@kaito-sdk/provider-karpenter': { retired: 'warn' } }, ...this.settings },
      'the test',
    );
    const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');
    return successorOf(config, await installPlugins(config, from, this.world.clock), {
      name: 'kaito',
      namespace: 'kaito-system',
    });
  }

  async pods(name: string): Promise<readonly KubeObject[]> {
    const { items } = await this.world.cluster.client.list(PODS, { labelSelector: `kaito.sh/workspace=${name}` });
    return items as unknown as readonly KubeObject[];
  }

  /** Names and uids of what must outlive a takeover. */
  async living(): Promise<readonly string[]> {
    const lists = await Promise.all([PODS, NODES].map((kind) => this.world.cluster.client.list(kind)));
    return lists
      .flatMap(({ items }) => items)
      .filter(({ metadata }) => metadata.namespace !== KAITO_RELEASE.namespace)
      .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
      .sort();
  }

  async get(
    object: { apiVersion: string; kind: string },
    name: string,
    namespace = 'default',
  ): Promise<KubeObject | undefined> {
    return this.admin.get(kindOf(object), namespace, name);
  }
}

function runs({ status }: KubeObject): boolean {
  return /^(Running|Succeeded)$/.test((status as { phase?: string } | undefined)?.phase ?? '');
}
