import { ok as assert, deepEqual, equal, match } from 'node:assert/strict';
import type { Workspace } from '../api/workspace.js';
import type { KubeObject } from '../kube/objects.js';
import type { Plan } from '../plan/plan.js';
import type { Runtime, RuntimeNeed } from '../plugin/runtime.js';

/** A runtime and what it is tried with. */
export interface RuntimeUnderTest {
  readonly runtime: Runtime;
  /** Needs that it supports, as different as they come; at least one. */
  readonly supported: readonly RuntimeNeed[];
  /** Needs that it refuses; at least one. */
  readonly refused: readonly RuntimeNeed[];
  /** Plans that name it, with their Workspaces; at least one. */
  readonly plans: readonly (readonly [plan: Plan, workspace: Workspace])[];
}

/** One rule of the contract. The page of rules is `docs/reference/contracts/runtime.md`. */
export interface RuntimeRule {
  readonly id: string;
  readonly title: string;
  check(under: RuntimeUnderTest): void;
}

const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'Job']);

// biome-ignore lint/suspicious/noExplicitAny: rendered objects are of any shape
const podOf = (object: KubeObject): any => (object.spec as any)?.template?.spec ?? {};
const workloadsOf = ({ runtime }: RuntimeUnderTest, [plan, workspace]: readonly [Plan, Workspace]) =>
  runtime.render(plan, workspace).filter(({ kind }) => WORKLOADS.has(kind));

/** Every term of the affinity is the Plan's selector, or one of the preferred nodes with the labels that it carries when it was taken. */
function holdsToItsNodes(under: RuntimeUnderTest, plan: Plan, workspace: Workspace): void {
  const { selector, preferred } = plan.nodes;
  for (const workload of workloadsOf(under, [plan, workspace])) {
    const terms = podOf(workload).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const named: string[] = [];
    for (const term of terms?.nodeSelectorTerms ?? [{}]) {
      const wanted = new Map(
        (term.matchExpressions ?? []).map((one: { key: string; values: string[] }) => [one.key, one.values]),
      );
      const node: string | undefined = term.matchFields?.[0]?.values?.[0];
      if (node !== undefined) named.push(node);
      const labels = node === undefined ? selector : (preferred?.selector ?? selector);
      for (const [key, value] of Object.entries(labels)) deepEqual(wanted.get(key), [value], key);
    }
    deepEqual(named, preferred?.names ?? [], 'preferred nodes');
  }
}

/** What every runtime must hold, in the order of the page. */
export const runtimeRules: readonly RuntimeRule[] = [
  {
    id: 'RT-01',
    title: 'has a name that users can write in an annotation',
    check: ({ runtime }) => {
      for (const name of [runtime.name, ...(runtime.aliases ?? [])]) match(name, /^[a-z][a-z0-9-]*$/);
    },
  },
  {
    id: 'RT-02',
    title: 'answers the same to the same question',
    check: ({ runtime, supported, refused }) => {
      for (const need of [...supported, ...refused]) deepEqual(runtime.supports(need), runtime.supports(need));
      for (const need of supported) deepEqual(runtime.sizing(need), runtime.sizing(need));
    },
  },
  {
    id: 'RT-03',
    title: 'refuses with a reason and a way out',
    check: ({ runtime, refused }) => {
      for (const need of refused) {
        const answer = runtime.supports(need);
        assert(!answer.supported, 'it was supported');
        assert(answer.reason.length > 0 && answer.remedy.length > 0);
      }
    },
  },
  {
    id: 'RT-04',
    title: 'says where each figure of its memory comes from',
    check: ({ runtime, supported }) => {
      for (const need of supported) {
        const demand = runtime.sizing(need);
        assert(demand.utilization > 0 && demand.utilization <= 1);
        assert(demand.minimumContext >= 1);
        for (const part of [...demand.fixed, ...demand.perToken, ...demand.perTokenSquared]) {
          assert(part.bytes >= 0 && Number.isFinite(part.bytes) && part.source.length > 0, part.name);
        }
      }
    },
  },
  {
    id: 'RT-05',
    title: 'configures in plain JSON, the same each time',
    check: ({ runtime, supported }) => {
      for (const need of supported) {
        const engine = runtime.configure(need, { contextLength: 2048 });
        deepEqual(JSON.parse(JSON.stringify(engine)), engine);
        equal(JSON.stringify(runtime.configure(need, { contextLength: 2048 })), JSON.stringify(engine));
      }
    },
  },
  {
    id: 'RT-06',
    title: 'renders a Plan that was stored to the same bytes as the one that was made',
    check: ({ runtime, plans }) => {
      for (const [plan, workspace] of plans) {
        const stored = JSON.parse(JSON.stringify(plan)) as Plan;
        equal(JSON.stringify(runtime.render(stored, workspace)), JSON.stringify(runtime.render(plan, workspace)));
      }
    },
  },
  {
    id: 'RT-07',
    title: 'names its objects after the Workspace, in its namespace, and leaves the owner to others',
    check: ({ runtime, plans }) => {
      for (const [plan, workspace] of plans) {
        for (const { metadata } of runtime.render(plan, workspace)) {
          assert(metadata.name.startsWith(plan.workspace.name), metadata.name);
          equal(metadata.namespace, plan.workspace.namespace);
          equal(metadata.ownerReferences, undefined);
        }
      }
    },
  },
  {
    id: 'RT-08',
    title: 'renders what pods refer to before the pods, and something that runs',
    check: (under) => {
      for (const [plan, workspace] of under.plans) {
        const kinds = under.runtime.render(plan, workspace).map(({ kind }) => WORKLOADS.has(kind));
        assert(kinds.includes(true));
        assert(!kinds.slice(kinds.indexOf(true)).includes(false), 'something follows a workload');
      }
    },
  },
  {
    id: 'RT-09',
    title: "holds its pods to the Workspace's own nodes, by every label of the Plan",
    check: (under) => {
      for (const [plan, workspace] of under.plans) {
        holdsToItsNodes(under, plan, workspace);
        const preferred = { names: ['own-1', 'own-2'], selector: { 'own.example/taken': 'yes' } };
        holdsToItsNodes(under, { ...plan, nodes: { ...plan.nodes, preferred } }, workspace);
      }
    },
  },
  {
    id: 'RT-10',
    title: 'lets pods start without a living operator',
    check: (under) => {
      for (const pair of under.plans) {
        for (const workload of workloadsOf(under, pair)) equal(podOf(workload).schedulingGates, undefined);
      }
    },
  },
  {
    id: 'RT-11',
    title: 'takes nothing that is not there for ready, and says what it waits for',
    check: ({ runtime, plans }) => {
      for (const [plan] of plans) {
        const assessment = runtime.assess({ plan, objects: [], pods: [] });
        assert(assessment.state !== 'ready');
        assert(assessment.reason.length > 0 && assessment.message.length > 0);
      }
    },
  },
  {
    id: 'RT-12',
    title: 'reads a status that is not there yet, or is odd',
    check: (under) => {
      for (const pair of under.plans) {
        const objects = under.runtime.render(...pair);
        for (const status of [undefined, {}, { conditions: 'none', containerStatuses: [{}] }]) {
          const pods = [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, ...(status ? { status } : {}) }];
          assert(under.runtime.assess({ plan: pair[0], objects, pods }).state !== 'ready');
        }
      }
    },
  },
];

/** Declares one test for each rule, with the globals `describe` and `it` of mocha, jest or vitest, or with those given. */
export function runtimeConformance(
  name: string,
  make: () => RuntimeUnderTest,
  suite: {
    readonly describe: (title: string, body: () => void) => void;
    readonly it: (title: string, body: () => void) => void;
  } = globalThis as never,
): void {
  suite.describe(`${name}: the runtime contract`, () => {
    for (const { id, title, check } of runtimeRules) suite.it(`${id} ${title}`, () => check(make()));
  });
}
