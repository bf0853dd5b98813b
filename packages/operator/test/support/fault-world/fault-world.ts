import { defaultLeasePolicy, type Transport } from '@kaito-sdk/core';
import { type Fault, FaultInjector, type FaultRule, heldBack, seeded } from '@kaito-sdk/core/testing';
import { installDevicePlugin } from '../device-plugin.js';
import { phiWorkspace, WORKSPACES } from '../world.js';
import { aksCloud } from './aks-cloud.js';
import { type BadCloud, type Famine, pick, type Random } from './bad-cloud.js';
import { karpenterCloud } from './karpenter-cloud.js';
import { mixedCloud } from './mixed-cloud.js';
import { ownNodes } from './own-nodes.js';
import { staticPoolCloud } from './static-pool-cloud.js';
import { saysTheTruth, type Waiting } from './true-reason.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How often the world is looked at. */
const STEP = 10 * MINUTE;
const T4 = 'Standard_NC4as_T4_v3';
/** What happens to each life before it is let recover. */
const DEEDS = 6;
const NAMES = ['one', 'two', 'three'];

/** The longest that a machine may cost without ever serving: every deadline, and a little for the end. */
const LONGEST_IDLE_S =
  (defaultLeasePolicy.launchMs +
    defaultLeasePolicy.joinMs +
    defaultLeasePolicy.devicesMs +
    defaultLeasePolicy.runningMs +
    Math.max(defaultLeasePolicy.readyMs, 90 * MINUTE) +
    20 * MINUTE) /
  1000;

/** Where nodes come from; each seed has one. */
export const clouds = {
  karpenter: karpenterCloud,
  pools: staticPoolCloud,
  aks: aksCloud,
  byo: ownNodes,
  mixed: mixedCloud,
} as const;
const TURNS = ['karpenter', 'aks', 'pools', 'byo', 'mixed'] as const;

/** Requests without which no Workspace comes up, and which a server may refuse for hours. */
const longFailures: readonly Pick<FaultRule, 'verb' | 'resource' | 'subresource'>[] = [
  { verb: 'create', resource: 'deployments' },
  { verb: 'create', resource: 'services' },
  { verb: 'create', resource: 'controllerrevisions' },
  { verb: 'patch', resource: 'workspaces', subresource: '' },
];
/** The words of such a refusal, and of a connection that is. */
const INJECTED = /refused by the test|ECONNREFUSED/;

/** The cloud of a seed. */
export function cloudOf(seed: number): keyof typeof clouds {
  return TURNS[seed % TURNS.length] ?? 'karpenter';
}

/**
 * One life of the operator in a bad world, determined by the seed: shortages, stuck machines, machines taken away, claims deleted by hand,
 * events that come late and out of step, lost answers, Workspaces made, changed and deleted, and the process killed after any write, to the
 * cluster or to the cloud. Then the faults end, or one of them stays for good. Throws when a node is left without an owner or paid beyond
 * its deadlines, when a Workspace waits without a true reason, or does not come up although it could. At the very end, when nothing is left, requests of
 * one kind fail for hours: the lives before stay what they were.
 */
export async function faultWorld(seed: number): Promise<{ readonly story: readonly string[] }> {
  const random = seeded(seed);
  const story: string[] = [];
  const cloud = await clouds[cloudOf(seed)](random);
  const life = new Life(cloud, random, story);
  try {
    try {
      await life.live();
    } finally {
      await cloud.world.stop();
    }
    return { story };
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const plugin = life.hasPlugin ? 'with' : 'without';
    throw new Error(`seed ${seed} (${cloudOf(seed)}, ${plugin} device plugin): ${story.join(', ')}: ${message}`);
  }
}

class Life {
  readonly hasPlugin: boolean;
  private readonly served = new Set<string>();
  private readonly faults = new FaultInjector();
  private alive = false;

  constructor(
    private readonly cloud: BadCloud,
    private readonly random: Random,
    private readonly story: string[],
  ) {
    this.hasPlugin = random() < 0.8;
    this.spoilTheWire();
  }

  async live(): Promise<void> {
    const { cloud, random, story } = this;
    if (this.hasPlugin) await installDevicePlugin(cloud.world);
    await this.operate(random() < 0.5 ? 1 + Math.floor(random() * 12) : undefined);
    const deeds: Readonly<Record<string, () => unknown>> = {
      make: () => this.make(),
      change: () => this.change(),
      delete: () => this.delete(pick(random, ...NAMES)),
      'lose answers': () => this.loseAnswers(),
      'kill and restart': () => this.operate(random() < 0.7 ? 1 + Math.floor(random() * 8) : undefined),
      ...cloud.deeds,
    };
    const likely = ['make', 'kill and restart', ...('fail' in cloud.deeds ? ['fail'] : [])];
    await this.make();
    for (let step = 0; step < DEEDS; step++) {
      const deed = pick(random, ...Object.keys(deeds), ...likely);
      story.push(deed);
      await deeds[deed]?.();
      // A process that has died is started again by its cluster within minutes.
      await this.look(pick(random, 0, MINUTE, 3 * MINUTE, 20 * MINUTE));
      if (cloud.world.wire.dead) await this.operate(random() < 0.5 ? 1 + Math.floor(random() * 12) : undefined);
    }
    if (random() < 0.2) await this.starve(pick(random, ...cloud.famines));
    await this.recover();
    this.checkBill();
    await this.leaveNothing();
    await this.failForLong();
    this.checkBill();
    await this.leaveNothing();
  }

  /** Events come late and out of step in every second life, and answers get lost. */
  private spoilTheWire(): void {
    const { random, cloud } = this;
    const { world } = cloud;
    // The random numbers of the wire are its own: how many there are depends on the operator.
    const lags = seeded(Math.floor(random() * 2 ** 31));
    const late = random() < 0.5;
    const lagMs = () => (lags() < 0.05 ? 60_000 : 3000) * lags();
    world.between = (transport: Transport) => {
      const lossy = this.faults.over(transport);
      return late ? heldBack(lossy, world.clock, lagMs, lags) : lossy;
    };
  }

  private loseAnswers(): void {
    const { random, faults } = this;
    const verb = pick(random, ...(['create', 'patch', 'delete', 'get', 'list'] as const));
    faults.inject({
      verb,
      after: Math.floor(random() * 4),
      times: 1 + Math.floor(random() * 3),
      fault: pick<Fault>(random, 'lose-answer', 'refuse', { status: 429, retryAfterSeconds: 2 }, { status: 500 }),
    });
  }

  private async operate(writesToLive?: number): Promise<void> {
    const { world } = this.cloud;
    if (this.alive) await world.kill();
    await world.operate(writesToLive);
    this.alive = true;
  }

  private async make(): Promise<void> {
    const { cloud, random } = this;
    const name = pick(random, ...NAMES);
    if (await cloud.world.workspace(name)) return;
    const alternatives = random() < 0.5 && 'fail' in cloud.deeds ? { alternatives: [{ instanceType: T4 }] } : {};
    const app = 'fail' in cloud.deeds && cloud.preferredNodes === undefined ? name : 'shared';
    await cloud.world.apply({
      ...phiWorkspace({ name }),
      resource: {
        instanceType: cloud.instanceTypes[0],
        labelSelector: { matchLabels: { apps: app } },
        ...alternatives,
        ...(cloud.preferredNodes === undefined ? {} : { preferredNodes: cloud.preferredNodes }),
      },
    });
  }

  private async change(): Promise<void> {
    const { cloud, random } = this;
    const name = pick(random, ...NAMES);
    if (!(await cloud.world.workspace(name))) return;
    const { preferredNodes = [] } = cloud;
    const resource =
      preferredNodes.length > 0 && random() < 0.5
        ? { preferredNodes: preferredNodes.filter(() => random() < 0.5) }
        : { instanceType: pick(random, ...cloud.instanceTypes) };
    await cloud.world.cluster.client.merge(WORKSPACES, 'default', name, { resource });
  }

  private async delete(name: string): Promise<void> {
    if (await this.cloud.world.workspace(name)) await this.cloud.world.delete(name);
  }

  /** Lets time pass, and notes which claims have served. */
  private async look(ms: number): Promise<void> {
    const { world } = this.cloud;
    for (let passed = 0; passed < ms; passed += STEP) {
      await world.clock.advance(Math.min(STEP, ms - passed));
      for (const name of NAMES) {
        const attempts = (await world.workspace(name))?.status?.attempts ?? [];
        for (const { claim, stage, furthest = stage } of attempts) {
          // It may have been set back since, by a change in the same moment.
          if (furthest !== 'ready') continue;
          const machine = this.cloud.machineOf ? await this.cloud.machineOf(claim) : claim;
          if (machine !== undefined) this.served.add(machine);
        }
      }
    }
  }

  /** One fault stays: whoever waits says so, and what is bought in vain stays within the cap. */
  private async starve(famine: Famine): Promise<void> {
    const { cloud, story } = this;
    const { world } = cloud;
    story.push(`famine: ${famine.name}`);
    await cloud.heal();
    this.faults.clear();
    await famine.begin();
    await this.operate();
    const asked = cloud.asked();
    const began = world.clock.now();
    await this.look(2 * HOUR);
    for (const name of NAMES) {
      const waiting = await this.waiting(name);
      if (waiting === undefined) continue;
      const noPlugin = !this.hasPlugin && waiting.reason === 'DevicePluginMissing';
      if (!noPlugin && !saysTheTruth(waiting, famine, began, world.clock.now()))
        throw new Error(`${name} waits for a false reason: ${JSON.stringify(waiting)}`);
    }
    const more = cloud.asked() - asked;
    const most = NAMES.length * 3 * defaultLeasePolicy.claimsPerNodeAndHour;
    if (more > most) throw new Error(`${more} nodes were asked for within two hours, and ${most} are allowed`);
  }

  private async recover(): Promise<void> {
    await this.cloud.heal();
    this.faults.clear();
    await this.operate();
    for (let waited = 0; waited < 30 * HOUR && (await this.trouble()) !== undefined; waited += STEP) {
      await this.look(STEP);
      if (waited === HOUR) await this.changeWhatIsBlocked();
    }
    const wrong = await this.trouble();
    if (wrong !== undefined) throw new Error(wrong);
  }

  /** A size that was not sold stays out for most of a day, or until somebody changes the Workspace. */
  private async changeWhatIsBlocked(): Promise<void> {
    for (const name of NAMES) {
      const waiting = await this.waiting(name);
      if (waiting?.attempts.at(-1)?.failure !== 'unsupported') continue;
      await this.cloud.world.cluster.client.merge(WORKSPACES, 'default', name, { resource: { priceLimit: 100 } });
    }
  }

  /** What a Workspace says that is not up; undefined for one that is, or is not there. */
  private async waiting(name: string): Promise<Waiting | undefined> {
    const workspace = await this.cloud.world.workspace(name);
    if (!workspace) return undefined;
    const { conditions = [], attempts = [], workerNodes = [] } = workspace.status ?? {};
    if (conditions.some(({ type, status }) => type === 'WorkspaceReady' && status === 'True')) return undefined;
    const claim = conditions.find(({ type }) => type === 'NodeClaimReady');
    return { reason: claim?.reason, message: claim?.message ?? '', attempts, nodes: workerNodes, conditions };
  }

  /** After all that, requests of one kind fail for two hours: a Workspace says so as long as it is not up, and comes up when they do no more. */
  private async failForLong(): Promise<void> {
    const { faults, random, story } = this;
    const [what, fault] = [
      pick(random, ...longFailures),
      pick<Fault>(random, 'refuse', { status: 500 }, { status: 403 }),
    ];
    story.push(`${JSON.stringify(what)} fails for long: ${JSON.stringify(fault)}`);
    const strikes = faults.inject({ ...what, fault });
    await this.make();
    await this.look(STEP);
    await this.look(2 * HOUR - STEP);
    const struck = strikes();
    for (const name of NAMES) {
      const waiting = await this.waiting(name);
      if (waiting === undefined || struck === 0) continue;
      const said = waiting.conditions.filter(({ status }) => status !== 'True').map(({ message = '' }) => message);
      if (said.some((message) => INJECTED.test(message)) || this.missesPlugin(waiting)) continue;
      throw new Error(`${name} does not say which requests fail: ${JSON.stringify(waiting)}`);
    }
    await this.recover();
  }

  /** The first Workspace that is neither up nor waiting for what is really missing: the device plugin, once its want was noticed. */
  private async trouble(): Promise<string | undefined> {
    for (const name of NAMES) {
      const waiting = await this.waiting(name);
      if (waiting === undefined) continue;
      if (this.missesPlugin(waiting)) continue;
      return `${name} is not up, hours after the last fault: ${JSON.stringify(waiting)}`;
    }
    return undefined;
  }

  private missesPlugin({ attempts, reason }: Waiting): boolean {
    const noticed = attempts.some(({ failure }) => failure === 'no-plugin');
    return !this.hasPlugin && noticed && reason === 'DevicePluginMissing';
  }

  private checkBill(): void {
    for (const line of this.cloud.bill()) {
      if (this.served.has(line.machine) || line.seconds <= LONGEST_IDLE_S) continue;
      throw new Error(`paid beyond every deadline and never served: ${JSON.stringify(line)}`);
    }
  }

  private async leaveNothing(): Promise<void> {
    for (const name of NAMES) await this.delete(name);
    for (let waited = 0; waited < HOUR && (await this.left()).length > 0; waited += STEP) await this.look(STEP);
    const left = await this.left();
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  }

  /** What is there of Workspaces, and what costs money. */
  private async left(): Promise<readonly string[]> {
    const { cloud } = this;
    const { world } = cloud;
    const own = (world.cluster.options.nodes ?? []).map(({ name }) => `nodes/${name}`);
    const remains = (await world.remains()).filter((one) => !one.includes('device-plugin') && !own.includes(one));
    const paid = cloud.bill().filter(({ running }) => running);
    return [...remains, ...(await cloud.remains()), ...paid.map(({ machine }) => `a bill for ${machine}`)];
  }
}
