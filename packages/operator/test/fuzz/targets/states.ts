import {
  byoProvisioner,
  type KubeObject,
  type Plan,
  plan,
  type Runtime,
  type Workspace,
  whyPrivate,
} from '@kaito-sdk/core';
import fc from 'fast-check';
import { chooseNode } from '../../../../core/dist/byo/choose-node.js';
import { ownersOf, statesOf } from '../../../../core/dist/byo/node-claims.js';
import { stockOf } from '../../../../core/dist/byo/stock.js';
import { lacking, stageOf } from '../../../../core/dist/workspace/node-stage.js';
import { StatusDraft } from '../../../../core/dist/workspace/status-draft.js';
import { classified } from '../../../../provider-aks/dist/arm-failures.js';
import { poolClaim } from '../../../../provider-aks/dist/pool-state.js';
import { claimState } from '../../../../provider-karpenter/dist/claim-state.js';
import { machineState } from '../../../../provider-karpenter/dist/machine.js';
import { slotsOf } from '../../../../provider-karpenter/dist/pool-slots.js';
import { poolStates } from '../../../../provider-karpenter/dist/pool-state.js';
import { readProgress } from '../../../../runtime-tuning/dist/progress.js';
import { timelineOf } from '../../../dist/story/timeline.js';
import { whyOf } from '../../../dist/story/why.js';
import { planning } from '../../support/planning.js';
import { hostileText, type Json } from '../hostile-values.js';
import { mutated } from '../mutation.js';
import { plain, quiet, type Target } from '../target.js';
import { VALID } from './manifests.js';

const owner = { name: 'demo', namespace: 'default', uid: 'u' };
const labels = {
  'kaito.sh/workspace': 'demo',
  'kaito.sh/workspacenamespace': 'default',
  'kaito-sdk.dev/owner-uid': 'u',
  apps: 'demo',
};
const condition = (type: string, status: string) => ({
  type,
  status,
  reason: 'R',
  message: 'm',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'node-1',
    labels: {
      ...labels,
      'node.kubernetes.io/instance-type': 'x',
      'nvidia.com/gpu.product': 'L4',
      'nvidia.com/gpu.count': '1',
      'nvidia.com/gpu.memory': '23034',
      'nvidia.com/cuda.compute.major': '8',
      'byo.kaito-sdk.dev/abc': 'demo',
      'byo.kaito-sdk.dev/abc.namespace': 'default',
    },
    annotations: {
      'byo.kaito-sdk.dev/claim-ws1': JSON.stringify({
        owner,
        instanceType: 'x',
        createdAt: '2026-01-01T00:00:00Z',
        resources: { 'nvidia.com/gpu': 1 },
      }),
      'byo.kaito-sdk.dev/namespaces': 'default',
    },
  },
  spec: {},
  status: { allocatable: { 'nvidia.com/gpu': '1' }, conditions: [condition('Ready', 'True')] },
};
const CLAIM = {
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodeClaim',
  metadata: {
    name: 'ws1',
    labels,
    annotations: { 'kaito-sdk.dev/owner-uid': 'u' },
    creationTimestamp: '2026-01-01T00:00:00Z',
    finalizers: ['a'],
  },
  spec: {
    nodeClassRef: { group: 'a', kind: 'B', name: 'c' },
    requirements: [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['x'] }],
  },
  status: {
    nodeName: 'node-1',
    providerID: 'x',
    conditions: [
      condition('Launched', 'Unknown'),
      condition('Registered', 'False'),
      condition('Initialized', 'False'),
      condition('Ready', 'False'),
    ],
  },
};
const POOL = {
  name: 'ws1',
  vmSize: 'Standard_NC4as_T4_v3',
  provisioningState: 'Failed',
  nodeLabels: { ...labels, 'kaito.sh/creation-timestamp': '2026-01-01T00-00-00Z' },
  tags: { 'kaito-managed-by': 'kaito-sdk', 'kaito-workspace': 'default.demo', 'kaito-workspace-uid': 'u' },
  status: { provisioningError: { code: 'AllocationFailed', message: 'no room' } },
};

interface Clouds {
  readonly claim: Json;
  readonly pool: Json;
  readonly node: Json;
  readonly code: string;
}

/** Objects of the API server that are typed there arrive with their types; in them any text may stand, so only strings are wounded of a Node. */
const strings = (base: object): fc.Arbitrary<Json> =>
  fc.tuple(fc.array(fc.tuple(fc.nat(), hostileText), { maxLength: 5 })).map(([wounds]) => {
    const copy = JSON.parse(JSON.stringify(base));
    const places: (readonly [Record<string, string>, string])[] = [];
    const walk = (value: unknown): void => {
      for (const [key, inner] of Object.entries((value ?? {}) as object)) {
        if (typeof inner === 'string') places.push([value as Record<string, string>, key]);
        else walk(inner);
      }
    };
    walk(copy);
    for (const [at, text] of wounds) {
      const place = places[at % places.length];
      if (place) place[0][place[1]] = text;
    }
    return copy;
  });

const clouds: Target<Clouds> = {
  name: 'cloud answers',
  runs: 500,
  input: fc.record({
    claim: strings(CLAIM),
    pool: fc.oneof(strings(POOL), mutated(POOL)),
    node: strings(NODE),
    code: hostileText,
  }),
  run({ claim, pool, node, code }) {
    const object = claim as unknown as KubeObject;
    const machine = node as unknown as KubeObject;
    for (const state of [claimState(object), machineState(object), ...poolStates(object, [object])]) {
      if (state) quiet(state, 'the claim');
      if (state) stageOf(state, { stage: 'requested' } as never, machine, { resource: 'nvidia.com/gpu', count: 1 }, []);
    }
    slotsOf(object);
    const isPool =
      typeof pool === 'object' &&
      pool !== null &&
      !Array.isArray(pool) &&
      typeof (pool as { name?: unknown }).name === 'string';
    // Azure's SDK gives text where its models say text.
    if (isPool) quiet(poolClaim(textual(pool, POOL) as never, machine), 'the pool');
    quiet(classified({ message: code, code: code.slice(0, 500) }), 'the failure');
    quiet([...statesOf(machine)], 'the node');
    ownersOf(machine.metadata.labels ?? {});
    stockOf([machine], { owner, labels: { apps: 'demo' }, catalogs: [] });
    const request = {
      name: 'ws2',
      owner,
      instanceType: 'x',
      capacityType: 'on-demand',
      diskBytes: 1,
      labels: { apps: 'demo' },
      resources: { 'nvidia.com/gpu': 1 },
    } as never;
    const chosen = chooseNode(request, [machine]);
    if (typeof chosen === 'string') quiet(chosen, 'the choice');
    quiet(lacking(machine, { resource: 'nvidia.com/gpu', count: 1 }), 'the node');
    byoProvisioner.nodeSelector({ namespace: code, name: code });
    whyPrivate(code);
    const draft = new StatusDraft({}, 1, '2026-01-01T00:00:00Z');
    draft.condition('NodeClaimReady', 'False', 'R', code);
    plain(draft.changed()?.conditions?.[0]?.message ?? '', 'the condition');
  },
};

/** The parts of an answer whose kind is that of the model. */
function textual(answer: unknown, model: unknown): unknown {
  if (typeof model !== 'object' || model === null) return typeof answer === typeof model ? answer : undefined;
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return undefined;
  return Object.fromEntries(
    Object.entries(answer).flatMap(([key, value]) => {
      const kept =
        key in model
          ? textual(value, (model as Record<string, unknown>)[key])
          : typeof value === 'string'
            ? value
            : undefined;
      return kept === undefined ? [] : [[key, kept]];
    }),
  );
}

const ended = {
  exitCode: 1,
  reason: 'Error',
  message: 'PULL_REFUSED: adapter one: no',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T01:00:00Z',
};
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'demo-1',
    namespace: 'default',
    labels: { 'kaito.sh/workspace': 'demo', 'job-name': 'demo' },
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { nodeName: 'node-1', containers: [{ name: 'demo' }] },
  status: {
    phase: 'Running',
    reason: 'Evicted',
    message: 'm',
    conditions: [condition('PodScheduled', 'False')],
    initContainerStatuses: [
      {
        name: 'adapter-loader',
        restartCount: 1,
        state: { terminated: ended },
        lastState: {
          terminated: { ...ended, exitCode: 0, message: '{"adapters":[{"name":"one","by":"x","digest":"sha256:1"}]}' },
        },
      },
    ],
    containerStatuses: [
      {
        name: 'demo',
        image: 'x',
        ready: false,
        started: false,
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'm' } },
        lastState: { terminated: ended },
      },
      {
        name: 'pusher',
        state: { terminated: { ...ended, exitCode: 0, message: '{"image":"a@sha256:1","message":"m","code":"C"}' } },
      },
    ],
  },
};

interface Pods {
  readonly pods: readonly Json[];
  readonly line: string;
  readonly base: number;
}
const decided: { decision: Plan; runtime: Runtime; workspace: Workspace }[] = [];

/** What pods say: statuses, last words, lines of their logs. */
const pods: Target<Pods> = {
  name: "pods' statuses and logs",
  runs: 500,
  input: fc.record({
    base: fc.nat(),
    pods: fc.array(fc.oneof({ weight: 3, arbitrary: strings(POD) }, mutatedStatus()), { minLength: 1, maxLength: 3 }),
    line: fc.oneof(
      hostileText,
      mutated(
        { event: 'step', step: 1, steps: 2, loss: 0.5, etaSeconds: 1, message: 'm', checkpoint: 'c' },
        { event: 'warning', message: 'm' },
      ).map((json) => JSON.stringify(json)),
    ),
  }),
  async start() {
    const catalogs = await planning({ config: { '@kaito-sdk/provider-karpenter': { retired: 'warn' } } });
    decided.length = 0;
    for (const workspace of VALID as unknown as readonly Workspace[]) {
      const { preferredNodes: _, ...resource } = workspace.resource;
      const decision = plan({ ...workspace, resource } as Workspace, catalogs);
      const runtime = decision.feasible && catalogs.runtimes.find(({ name }) => name === decision.runtime.name);
      if (decision.feasible && runtime) decided.push({ decision, runtime, workspace });
    }
    if (decided.length < 4) throw new Error(`only ${decided.length} of the valid Workspaces have a Plan`);
  },
  run({ pods: seen, line, base }) {
    const { decision, runtime, workspace } = decided[base % decided.length] as (typeof decided)[number];
    const objects = runtime.render(decision, workspace).map((object) =>
      object.kind === 'Job'
        ? {
            ...object,
            status: {
              conditions: [{ type: base % 2 ? 'Failed' : 'Complete', status: 'True', reason: 'R', message: 'm' }],
            },
          }
        : object,
    );
    const observed = {
      plan: decision,
      objects: objects as readonly KubeObject[],
      pods: seen as unknown as readonly KubeObject[],
    };
    const assessment = runtime.assess(observed);
    const outcome = runtime.outcome?.(observed);
    quiet([assessment, outcome, runtime.adapters?.(observed), readProgress(line)], 'the assessment');
    const draft = new StatusDraft({}, 1, '2026-01-01T00:00:00Z');
    if (assessment.state !== 'ready') draft.condition('InferenceReady', 'False', assessment.reason, assessment.message);
    for (const one of draft.changed()?.conditions ?? []) plain(one.message, 'the condition');
  },
};

/** A status is typed by the server; its parts may be missing. */
function mutatedStatus(): fc.Arbitrary<Json> {
  return fc
    .tuple(
      strings(POD),
      fc.array(
        fc.constantFrom('phase', 'conditions', 'initContainerStatuses', 'containerStatuses', 'reason', 'message'),
      ),
    )
    .map(([pod, gone]) => {
      const { status, ...rest } = pod as { readonly status: object };
      const away: readonly string[] = gone;
      return {
        ...rest,
        status: Object.fromEntries(Object.entries(status).filter(([name]) => !away.includes(name))),
      } as Json;
    });
}

const STATUS = {
  conditions: [
    condition('Planned', 'True'),
    condition('NodeClaimReady', 'False'),
    condition('WorkspaceReady', 'False'),
  ],
  state: 'Pending',
  workerNodes: ['a'],
  attempts: [
    {
      claim: 'ws1',
      instanceType: 'x',
      capacityType: 'on-demand',
      generation: 1,
      stage: 'launched',
      since: '2026-01-01T00:00:00Z',
      asked: '2026-01-01T00:00:00Z',
      paid: '2026-01-01T00:00:00Z',
      ended: '2026-01-01T01:00:00Z',
      usdPerHour: '1',
      failure: 'capacity',
      reason: 'R',
      message: 'm',
    },
  ],
};

/** What `kaito why` and `kaito status` make of a status that others wrote. */
const stories: Target<{ readonly status: Json; readonly base: number }> = {
  name: 'statuses that are told',
  input: fc.record({ status: strings(STATUS), base: fc.nat() }),
  run({ status, base }) {
    const workspace = { ...(VALID[base % VALID.length] as object), status } as unknown as Workspace;
    quiet(
      whyOf(
        workspace,
        [{ type: 'Warning', reason: 'R', note: 'n', at: '2026-01-01T00:00:00Z' }] as never,
        Date.UTC(2026, 1),
      ),
      'why',
    );
    quiet(timelineOf(workspace, Date.UTC(2026, 1)), 'the timeline');
  },
};

export const states: readonly Target<never>[] = [clouds, pods, stories] as never;
