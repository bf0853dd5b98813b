import type { KubeObject, Transport, Workspace } from '@kaito-sdk/core';
import { requestFacts } from '@kaito-sdk/core/testing';
import type { ClaimFault, Script, Shortage } from '@kaito-sdk/devcluster';
import { served, tuning } from '../chaos/life-step.js';
import { furnish } from '../chaos/workspace-life.js';
import { CutWatches } from '../cut-watches.js';
import { NODE_CLAIMS, NODES, PODS, WORKSPACES, World } from '../world.js';
import { type DayOptions, dayPlan, type Happening } from './day-plan.js';
import { HeapRecord } from './heap-record.js';
import { type Account, account, type Stretch } from './ideal-bill.js';
import { Needs } from './needs.js';
import { versioned } from './operator-versions.js';
import { GRACE_MS, ToldWaits } from './told-waits.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DELAYS = { launch: 4 * MINUTE, join: MINUTE, gpu: 2 * MINUTE, terminate: 2 * MINUTE };
/** From a machine with a GPU to a model that answers: image and start. */
const PULL_MS = 100_000;
const START_MS = 3 * MINUTE;
const TYPES = { first: 'Standard_NC6s_v3', second: 'Standard_NC24ads_A100_v4' } as const;
const JOBS = { group: 'batch', version: 'v1', plural: 'jobs' };
const EVENTS = [
  { group: '', version: 'v1', plural: 'events' },
  { group: 'events.k8s.io', version: 'v1', plural: 'events' },
];
/** How often everything is looked at. */
const LOOK_MS = 10 * MINUTE;

/** What a day has come to. */
export interface SoakEnd {
  readonly account: Account;
  readonly machines: number;
  /** The longest that a machine was paid for which never served, in seconds. */
  readonly longestInVain: number;
  /** Machines that ran without a Workspace, and what was left at the end. */
  readonly orphans: readonly string[];
  /** Conditions that waited without a word, and nodes kept past the deadline of their lease. */
  readonly late: readonly string[];
  /** Workspaces that were ready, or tuned, before they went. */
  readonly served: number;
  /** Pods that an upgrade which changes nothing about them has ended; and those that one which does has not. */
  readonly upgrades: readonly { readonly to: string; readonly pods: number; readonly replaced: number }[];
  /** Bytes in use after a collection, at each look that made one. */
  readonly heap: readonly { readonly hour: number; readonly bytes: number; readonly workspaces: number }[];
  /** Bytes that the last process, after so many hours of work, holds beyond a fresh one that sees the same. */
  readonly grown: { readonly bytes: number; readonly hours: number } | undefined;
}

/** One day of the reference operator in virtual time. */
export async function soak(options: DayOptions, collect?: () => void): Promise<SoakEnd> {
  const world = await World.start(
    { nodes: [{ name: 'plain-1', shape: { cpu: 64, memory: '256Gi' } }], script: soakScript, pullDelay: () => PULL_MS },
    { delays: DELAYS },
  );
  const day = new Day(world, collect);
  try {
    return await day.live(options);
  } finally {
    await world.stop();
  }
}

/** Serves, checks data and tunes; the trainer takes as long as the name of its pod says, so that it is the same at each try. */
const soakScript: Script = (pod, container) => {
  if (container.startsWith('image-')) return { exit: { after: 0, code: 0 } };
  if (container === 'check') return { exit: { after: 20_000, code: 0 } };
  if (container === 'trainer' || container === 'pusher') return { exit: { after: HOUR, code: 0 } };
  if (pod.spec.initContainers?.some(({ name }) => name === container)) return { exit: { after: 5_000, code: 0 } };
  return { readyAfter: START_MS };
};

class Day {
  private readonly began: number;
  private readonly needs = new Needs(DELAYS.terminate);
  private readonly ownerOf = new Map<string, string>();
  private readonly waits = new ToldWaits();
  private readonly orphans = new Set<string>();
  private readonly upgrades: { to: string; pods: number; replaced: number }[] = [];
  private readonly heap: HeapRecord;
  private readonly watches: CutWatches;
  private shortages: Shortage<ClaimFault>[] = [];
  private away = false;
  private settledSince: number;
  private processSince: number;
  private version = 0;

  constructor(
    private readonly world: World,
    collect: (() => void) | undefined,
  ) {
    this.began = world.clock.now();
    this.heap = new HeapRecord(world, this.began, collect);
    this.settledSince = this.began;
    this.processSince = this.began;
    this.watches = new CutWatches(world.clock);
    world.between = (transport) => this.over(transport);
    world.render = (runtime) => versioned(runtime, this.version);
  }

  async live(options: DayOptions): Promise<SoakEnd> {
    const { world } = this;
    await furnish(world);
    await world.operate();
    for (const happening of dayPlan(options)) {
      await this.passUntil(this.began + happening.at);
      await this.happen(happening);
    }
    await this.passUntil(this.began + options.hours * HOUR);
    for (const { metadata } of (await world.cluster.client.list(WORKSPACES)).items) await this.go(metadata.name);
    await this.pass(HOUR);
    for (const left of await this.left()) this.orphans.add(`left at the end: ${left}`);
    const grown = await this.heap.growthSince(this.processSince);
    const paid = this.paid();
    const inVain = [...paid.values()].flat().filter(({ served }) => !served);
    return {
      account: account(this.needs.all, paid),
      machines: this.lines().length,
      longestInVain: Math.max(0, ...inVain.map(({ from, to }) => (to - from) / 1000)),
      orphans: [...this.orphans],
      late: [...this.waits.late],
      served: this.waits.served.size,
      upgrades: this.upgrades,
      heap: this.heap.looks,
      grown,
    };
  }

  private lines() {
    return this.world.cluster.karpenter?.meter.bill().lines ?? [];
  }

  /** The way of the operator to its server: with outages, and with a note of who asked for which machine. */
  private over(transport: Transport): Transport {
    return {
      request: async (request) => {
        if (this.away) throw new Error('connect ECONNREFUSED (the API server restarts)');
        const facts = requestFacts(request);
        if (facts.verb === 'create' && facts.resource === 'nodeclaims') this.note(request.body);
        const response = await transport.request(request);
        return facts.verb === 'watch' ? this.watches.over(response, request.signal) : response;
      },
    };
  }

  private note(body: string | undefined): void {
    const { metadata } = JSON.parse(body ?? '{}') as KubeObject;
    const owner = metadata.labels?.['kaito.sh/workspace'];
    if (owner !== undefined) this.ownerOf.set(metadata.name, owner);
  }

  private async passUntil(at: number): Promise<void> {
    const { clock } = this.world;
    while (clock.now() < at) await this.pass(Math.min(LOOK_MS, at - clock.now()));
  }

  private async pass(ms: number): Promise<void> {
    const { clock } = this.world;
    const until = clock.now() + ms;
    while (clock.now() < until) {
      await clock.advance(Math.min(LOOK_MS, until - clock.now()));
      await this.look();
    }
  }

  private async happen(happening: Happening): Promise<void> {
    const { world } = this;
    const { karpenter } = world.cluster;
    switch (happening.kind) {
      case 'come':
        return this.come(happening.name, happening.what);
      case 'change':
        return this.change(happening.name);
      case 'go':
        return this.go(happening.name);
      case 'shortage': {
        const { forMs, instanceType } = happening;
        const until = world.clock.now() + forMs;
        const about = instanceType === undefined ? {} : { instanceTypes: [instanceType] };
        this.shortages = [...this.shortages, { fault: { kind: 'no-capacity' }, until, ...about }];
        karpenter?.suffer(...this.shortages);
        return;
      }
      case 'bad machine':
        karpenter?.failNext({ kind: 'never-joins' });
        return;
      case 'node death': {
        const running = this.lines().filter((line) => line.running && this.waits.hasServed(line.machine, line.from));
        const victim = running[Math.floor(running.length / 2)];
        if (victim) await karpenter?.lose(victim.machine);
        return;
      }
      case 'API server restarts':
        this.away = true;
        this.watches.cut();
        await this.pass(happening.forMs);
        world.cluster.server.compact();
        this.away = false;
        this.settledSince = world.clock.now();
        return;
      case 'operator crashes':
        await world.kill();
        await this.pass(happening.forMs);
        await world.operate();
        this.processSince = this.settledSince = world.clock.now();
        return;
      case 'upgrade':
        return this.upgrade(happening.to);
    }
  }

  private async come(name: string, what: 'serve' | 'tune'): Promise<void> {
    const { world } = this;
    const workspace = what === 'serve' ? served(name) : tuning(name);
    const resource = { instanceType: TYPES.first, labelSelector: { matchLabels: { apps: name } } };
    // A tuning looks at its data first; nothing may be bought before.
    const check = what === 'tune' ? 20_000 + PULL_MS : 0;
    const now = world.clock.now();
    this.needs.begin(name, now + check + DELAYS.launch);
    await world.apply({ ...workspace, resource } as KubeObject);
  }

  private async change(name: string): Promise<void> {
    const { world } = this;
    if ((await world.condition('WorkspaceReady', name))?.status !== 'True') return;
    const now = world.clock.now();
    // The old machine serves until the new one does.
    const handover = now + DELAYS.launch + DELAYS.join + DELAYS.gpu + PULL_MS + START_MS;
    this.needs.end(name, handover);
    this.needs.also(name, now + DELAYS.launch);
    await world.cluster.client.merge(WORKSPACES, 'default', name, { resource: { instanceType: TYPES.second } });
  }

  private async go(name: string): Promise<void> {
    const { world } = this;
    if ((await world.workspace(name)) === undefined) return;
    this.needs.end(name, world.clock.now());
    await world.delete(name);
  }

  private async upgrade(to: 'same pods' | 'other pods'): Promise<void> {
    const { world } = this;
    const before = await this.runningPods();
    const workspaces = (await world.cluster.client.list(WORKSPACES)).items as unknown as Workspace[];
    const ready = workspaces
      .filter(({ status, metadata }) => status?.state === 'Ready' && metadata.generation === observed(status))
      .map(({ metadata }) => metadata.name);
    this.version = to === 'same pods' ? 1 : 2;
    await world.kill();
    await world.operate();
    this.processSince = this.settledSince = world.clock.now();
    await this.pass(20 * MINUTE);
    const owners = new Set((await world.cluster.client.list(WORKSPACES)).items.map(({ metadata }) => metadata.name));
    // Whoever is on its way to another machine gets another pod in any case.
    const steady = new Set(ready.filter((name) => owners.has(name)));
    const after = new Set((await this.runningPods()).map(({ uid }) => uid));
    const lasting = before.filter(({ owner }) => steady.has(owner));
    const replaced = lasting.filter(({ uid }) => !after.has(uid)).length;
    this.upgrades.push({ to, pods: lasting.length, replaced });
  }

  /** Pods that serve. Those of Jobs are never replaced while they run. */
  private async runningPods(): Promise<readonly { readonly uid: string; readonly owner: string }[]> {
    const { items } = await this.world.cluster.client.list(PODS);
    return (items as unknown as KubeObject[]).flatMap(({ metadata, status }) => {
      const { phase } = status as { readonly phase?: string };
      const owner = metadata.labels?.['kaito.sh/workspace'];
      const ofJob = metadata.ownerReferences?.some(({ kind }) => kind === 'Job') ?? false;
      return phase === 'Running' && owner !== undefined && !ofJob ? [{ uid: metadata.uid ?? '', owner }] : [];
    });
  }

  private async look(): Promise<void> {
    const { world } = this;
    const now = world.clock.now();
    const { client } = world.cluster;
    const workspaces = (await client.list(WORKSPACES)).items as unknown as Workspace[];
    for (const workspace of workspaces) this.waits.judge(workspace, now, this.calm(now));
    await this.endTunings();
    const names = new Set(workspaces.map(({ metadata }) => metadata.name));
    for (const { machine, running } of this.lines()) {
      const owner = this.ownerOf.get(machine);
      const over = this.needs.wasOverAt(owner ?? '', now - GRACE_MS);
      if (running && over && !names.has(owner ?? '') && this.calm(now)) this.orphans.add(`${machine} of ${owner}`);
    }
    // A real server forgets events after an hour; this one keeps them.
    for (const kind of EVENTS) {
      for (const { metadata } of (await client.list(kind)).items) {
        const old = Date.parse(metadata.creationTimestamp ?? '') < now - HOUR;
        if (old) await client.delete(kind, metadata.namespace, metadata.name);
      }
    }
    this.heap.weigh(workspaces.length, now);
  }

  /** Operator and server have been there for a while. */
  private calm(now: number): boolean {
    return !this.away && !this.world.wire.dead && now - this.settledSince > GRACE_MS;
  }

  /** What a tuning needs ends with its Job. */
  private async endTunings(): Promise<void> {
    for (const job of (await this.world.cluster.client.list(JOBS)).items as unknown as KubeObject[]) {
      const { completionTime } = (job.status ?? {}) as { readonly completionTime?: string };
      const { name } = job.metadata;
      if (completionTime !== undefined && this.needs.isOpen(name)) this.needs.end(name, Date.parse(completionTime));
    }
  }

  private paid() {
    const paid = new Map<string, (Stretch & { readonly served: boolean })[]>();
    for (const { machine, from, seconds } of this.lines()) {
      const owner = this.ownerOf.get(machine) ?? `(nobody) ${machine}`;
      const to = from + seconds * 1000;
      const stretch = { from, to, served: this.waits.hasServed(machine, from, to) };
      paid.set(owner, [...(paid.get(owner) ?? []), stretch]);
    }
    return paid;
  }

  private async left(): Promise<readonly string[]> {
    const { client } = this.world.cluster;
    const kinds = [WORKSPACES, NODE_CLAIMS, NODES, PODS, JOBS];
    const lists = await Promise.all(kinds.map((kind) => client.list(kind)));
    const objects = lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    const bills = this.lines().filter(({ running }) => running);
    return [...objects.filter((one) => one !== 'Node plain-1'), ...bills.map(({ machine }) => `a bill for ${machine}`)];
  }
}

/** The generation of a Workspace that its status speaks of. */
function observed(status: Workspace['status']): number | undefined {
  return status?.conditions?.find(({ type }) => type === 'WorkspaceReady')?.observedGeneration;
}
