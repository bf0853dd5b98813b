import type { Operator } from '../../engine/operator.js';
import type { KubeObject, ResourceKind } from '../../kube/objects.js';
import type { Transport } from '../../kube/transport.js';
import type { Fault } from './fault-injector.js';
import { heldBack } from './held-back.js';
import { entryText } from './journal.js';
import { isWrite, requestFacts } from './request-facts.js';
import { missingRules, ruleText } from './rights.js';
import { seeded } from './seeded.js';
import { type MakeOperator, TestCluster, type TestClusterOptions } from './test-cluster.js';

/** One story about an operator: what is there, what a user does, and where it must end. */
export interface Scenario extends TestClusterOptions {
  readonly operator: MakeOperator;
  /** What the user does. */
  readonly arrange: (cluster: TestCluster) => Promise<void>;
  /** Whether it has ended: the object is ready, say. Asked again and again while virtual time passes. */
  readonly converged: (cluster: TestCluster) => boolean | Promise<boolean>;
  /** The kinds by which two ends are compared. */
  readonly observes: readonly ResourceKind[];
  /** Virtual time after which all hope is lost. @default one day */
  readonly limitMs?: number;
}

/** An invariant does not hold. The message says which, where, and what was found instead. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}

/** A reconcile right after success, and a restart, write nothing. */
export async function idempotent(scenario: Scenario): Promise<void> {
  await inCluster(scenario, async (cluster) => {
    const operator = await convergedFrom(scenario, cluster);
    await cluster.crash(operator);
    cluster.journal.clear();
    await cluster.run(scenario.operator);
    await cluster.advance(60_000);
    nothing(cluster, 'idempotence: a restart over converged objects wrote');
  });
}

/** Over this long nobody asks for anything, and no object changes. */
export async function quietAtRest(scenario: Scenario, forMs = 3_600_000): Promise<void> {
  await inCluster(scenario, async (cluster) => {
    await convergedFrom(scenario, cluster);
    await cluster.advance(60_000);
    cluster.journal.clear();
    const before = await versions(scenario, cluster);
    await cluster.advance(forMs);
    nothing(cluster, `quiet at rest: in ${forMs / 1000} s after convergence it wrote`);
    const reads = cluster.journal.reads();
    if (reads.length > 0) throw new InvariantBroken(`quiet at rest: it asked ${reads.map(entryText).join(', ')}`);
    same(await versions(scenario, cluster), before, 'quiet at rest: the objects changed');
  });
}

/** One convergence takes at most this many writes, and one list of each watched kind. Answers how many it took. */
export async function boundedWrites(scenario: Scenario, budget: number): Promise<number> {
  return inCluster(scenario, async (cluster) => {
    await convergedFrom(scenario, cluster);
    await cluster.advance(60_000);
    const writes = cluster.journal.writes();
    if (writes.length > budget) {
      throw new InvariantBroken(
        `bounded writes: ${writes.length} instead of at most ${budget}: ${writes.map(entryText).join(', ')}`,
      );
    }
    const lists = cluster.journal.entries.filter(({ verb }) => verb === 'list').map(({ resource }) => resource);
    const again = lists.filter((resource, at) => lists.indexOf(resource) !== at);
    if (again.length > 0) throw new InvariantBroken(`bounded writes: listed more than once: ${again.join(', ')}`);
    return writes.length;
  });
}

/**
 * Killed after any write, once before and once after it was carried out, the next process comes to the same end. Answers after
 * how many writes it was killed.
 */
export async function crashAnywhere(scenario: Scenario): Promise<number> {
  const wanted = await undisturbed(scenario);
  let kills = 0;
  for (const when of ['before', 'after'] as const) {
    for (let write = 1; ; write++) {
      const killed = await inCluster(scenario, async (cluster) => {
        let left = write;
        const first: { operator?: Operator; dead: boolean } = { dead: false };
        const fatal = (transport: Transport): Transport => ({
          async request(request) {
            if (first.dead) throw new Error('the process is dead');
            const last = isWrite(requestFacts(request)) && --left === 0;
            if (!last) return transport.request(request);
            first.dead = true;
            if (when === 'after') await transport.request(request);
            throw new Error('the process is dead');
          },
        });
        first.operator = await cluster.run(scenario.operator, fatal);
        await scenario.arrange(cluster);
        await cluster.until(async () => first.dead || (await scenario.converged(cluster)), scenario.limitMs ?? day);
        await cluster.settle();
        if (!first.dead) return false;
        await cluster.crash(first.operator);
        await cluster.run(scenario.operator);
        await reach(scenario, cluster, `crash anywhere: killed ${when} write ${write}`);
        same(
          await cluster.state(scenario.observes),
          wanted,
          `crash anywhere: killed ${when} write ${write}, the end differs`,
        );
        return true;
      });
      if (!killed) break;
      kills++;
    }
  }
  return kills;
}

const everyFault: readonly Fault[] = [
  'refuse',
  'lose-answer',
  { status: 409, reason: 'Conflict' },
  { status: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 },
  { status: 500, reason: 'InternalError' },
];

/** Each write meets each fault once, and the end is the same. Answers how many faults struck. */
export async function faultAnywhere(scenario: Scenario): Promise<number> {
  const wanted = await undisturbed(scenario);
  let struck = 0;
  for (const fault of everyFault) {
    for (const verb of ['create', 'update', 'patch', 'delete'] as const) {
      for (let after = 0; ; after++) {
        const hit = await inCluster(scenario, async (cluster) => {
          const end = cluster.faults.inject({ verb, fault, after, times: 1 });
          const what = `fault anywhere: ${typeof fault === 'string' ? fault : fault.status} at ${verb} ${after + 1}`;
          await cluster.run(scenario.operator);
          await scenario.arrange(cluster);
          await reach(scenario, cluster, what);
          same(await cluster.state(scenario.observes), wanted, `${what}, the end differs`);
          return end();
        });
        if (hit === 0) break;
        struck += hit;
      }
    }
  }
  return struck;
}

/**
 * Watches that lag behind by up to `lagMs`, each by its own time, so that events of different kinds come in any order, some of
 * them twice: the end is the same, and nothing is made twice.
 */
export async function staleCache(
  scenario: Scenario,
  options: { readonly seeds?: number; readonly lagMs?: number } = {},
): Promise<void> {
  const wanted = await undisturbed(scenario);
  for (let seed = 1; seed <= (options.seeds ?? 10); seed++) {
    await inCluster(scenario, async (cluster) => {
      const random = seeded(seed);
      const lag = (transport: Transport) =>
        heldBack(transport, cluster.clock, () => random() * (options.lagMs ?? 5000), random);
      await cluster.run(scenario.operator, lag);
      await scenario.arrange(cluster);
      await reach(scenario, cluster, `stale cache: seed ${seed}`);
      same(await cluster.state(scenario.observes), wanted, `stale cache: with seed ${seed} the end differs`);
      const twice = cluster.journal.writes().filter(({ verb, status }) => verb === 'create' && status === 409);
      if (twice.length > 0)
        throw new InvariantBroken(`stale cache: seed ${seed}: made twice: ${twice.map(entryText).join(', ')}`);
    });
  }
}

/**
 * Of two operators with leader election, every write comes from the one that holds the Lease at that moment; and when that one
 * dies, the other takes over.
 * @param scenario its operator must elect a leader under the identity it is given
 */
export async function singleLeader(
  scenario: Omit<Scenario, 'operator'> & {
    readonly operator: (identity: string) => MakeOperator;
    readonly lease: { readonly resource: ResourceKind; readonly namespace: string; readonly name: string };
  },
): Promise<void> {
  const { lease } = scenario;
  const cluster = await TestCluster.start(scenario);
  try {
    const broken: string[] = [];
    const watched =
      (identity: string) =>
      (transport: Transport): Transport => ({
        async request(request) {
          const facts = requestFacts(request);
          if (isWrite(facts) && facts.resource !== lease.resource.plural) {
            const live = await cluster.client.get(lease.resource, lease.namespace, lease.name);
            const holder = (live?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
            if (holder !== identity) broken.push(`${identity} wrote ${facts.resource} while ${holder ?? 'nobody'} led`);
          }
          return transport.request(request);
        },
      });
    const first = await cluster.run(scenario.operator('first'), watched('first'));
    await cluster.advance(5000);
    await cluster.run(scenario.operator('second'), watched('second'));
    await scenario.arrange(cluster);
    await cluster.until(() => cluster.journal.writes().length > 0, scenario.limitMs ?? day);
    await cluster.crash(first);
    await cluster.until(() => scenario.converged(cluster), scenario.limitMs ?? day);
    if (broken.length > 0) throw new InvariantBroken(`single leader: ${broken.join('; ')}`);
  } finally {
    await cluster.stop();
  }
}

/** Everything that it asks for on its way is allowed by the Roles and ClusterRoles among these manifests: those that it is deployed with. */
export async function enoughRights(scenario: Scenario, manifests: readonly KubeObject[]): Promise<void> {
  await inCluster(scenario, async (cluster) => {
    await convergedFrom(scenario, cluster);
    const missing = missingRules(manifests, cluster.journal.entries);
    if (missing.length === 0) return;
    throw new InvariantBroken(`enough rights: its roles lack these rules\n${missing.map(ruleText).join('\n')}`);
  });
}

const day = 24 * 3_600_000;

async function inCluster<T>(scenario: TestClusterOptions, work: (cluster: TestCluster) => Promise<T>): Promise<T> {
  const cluster = await TestCluster.start(scenario);
  try {
    return await work(cluster);
  } finally {
    await cluster.stop();
  }
}

async function convergedFrom(scenario: Scenario, cluster: TestCluster): Promise<Operator> {
  const operator = await cluster.run(scenario.operator);
  await scenario.arrange(cluster);
  await reach(scenario, cluster, 'undisturbed');
  return operator;
}

async function undisturbed(scenario: Scenario): Promise<readonly unknown[]> {
  return inCluster(scenario, async (cluster) => {
    await convergedFrom(scenario, cluster);
    return cluster.state(scenario.observes);
  });
}

async function reach(scenario: Scenario, cluster: TestCluster, what: string): Promise<void> {
  try {
    await cluster.until(() => scenario.converged(cluster), scenario.limitMs ?? day);
  } catch (error) {
    throw new InvariantBroken(`${what}: it never converged`, { cause: error });
  }
  await cluster.advance(60_000);
}

function nothing(cluster: TestCluster, what: string): void {
  const writes = cluster.journal.writes();
  if (writes.length > 0) throw new InvariantBroken(`${what} ${writes.map(entryText).join(', ')}`);
}

function same(found: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new InvariantBroken(`${what}:\nfound  ${a}\nwanted ${b}`);
}

async function versions({ observes }: Scenario, cluster: TestCluster): Promise<readonly string[]> {
  const lists = await Promise.all(observes.map((resource) => cluster.client.list(resource)));
  return lists.flatMap(({ items }) =>
    items.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}@${metadata.resourceVersion}`),
  );
}
