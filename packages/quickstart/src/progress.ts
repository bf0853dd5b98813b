import {
  type Cache,
  type Condition,
  conditionTypes,
  DEPLOYMENTS,
  getCondition,
  type InformerChange,
  type KubeObject,
  labels,
  NODES,
  PODS,
  WORKSPACES,
  type Workspace,
} from '@kaito-sdk/core';
import { NODE_CLAIMS } from '@kaito-sdk/provider-karpenter';
import type { TimelineEntry } from './timeline.js';

export type Milestone = Omit<TimelineEntry, 'atMs'>;

/** How a Workspace ended up. */
export type Verdict = { readonly ready: true } | { readonly ready: false; readonly reason: string };

export interface ProgressListener {
  happened(milestone: Milestone): void;
  waitingFor(what: string): void;
  verdict(verdict: Verdict): void;
}

/**
 * Reads from watched objects what happens to one Workspace, and tells it in the order in which it happens. Where claims are no
 * objects of the cluster (`claims: false`), the Workspace tells of the request and the Node of its arrival.
 */
export function followProgress(
  cache: Cache,
  workspace: KubeObject,
  listener: ProgressListener,
  { claims }: { readonly claims: boolean },
): () => void {
  const { name, namespace } = workspace.metadata;
  const told = new Set<string>();
  const tell = (key: string, milestone: Milestone) => {
    if (told.has(key)) return;
    told.add(key);
    listener.happened(milestone);
  };
  const mine = ({ metadata }: KubeObject) =>
    metadata.labels?.[labels.workspace] === name &&
    (metadata.namespace ?? metadata.labels[labels.workspaceNamespace]) === namespace;
  const follow = (resource: Parameters<Cache['informer']>[0], on: (object: KubeObject) => void, selector?: string) =>
    cache
      .informer(resource, selector === undefined ? {} : { labelSelector: selector })
      .subscribe((change: InformerChange<KubeObject>) => {
        if (change.type !== 'deleted' && mine(change.object)) on(change.object);
      });

  const ends = [
    cache.informer(WORKSPACES).subscribe(({ type, object }) => {
      if (type === 'deleted' || object.metadata.name !== name || object.metadata.namespace !== namespace) return;
      followWorkspace(object as unknown as Workspace, tell, listener);
      if (!claims) followRequest(object as unknown as Workspace, tell);
    }),
    ...(claims ? [follow(NODE_CLAIMS, (claim) => followClaim(claim, tell), labels.workspace)] : []),
    follow(NODES, (node) => {
      if (!claims) {
        const detail = `node ${node.metadata.name}`;
        tell(`joined ${node.metadata.name}`, { what: 'node joined', detail, tone: 'progress' });
      }
      const gpus = Object.entries(allocatable(node)).filter(([resource]) => resource.endsWith('.com/gpu'));
      for (const [resource, count] of gpus) {
        if (Number(count) === 0) continue;
        const detail = `node ${node.metadata.name} shows ${count} ${resource}`;
        tell(`devices ${node.metadata.name}`, { what: 'GPU visible', detail, tone: 'progress' });
      }
    }),
    follow(DEPLOYMENTS, ({ metadata }) =>
      tell(`workload ${metadata.name}`, {
        what: 'workload created',
        detail: `Deployment ${metadata.name}`,
        tone: 'progress',
      }),
    ),
    follow(
      PODS,
      (pod) => {
        for (const status of containerStatuses(pod)) {
          const key = `${pod.metadata.uid} ${status.name} ${status.restartCount ?? 0}`;
          if (status.state?.running) {
            tell(`running ${key}`, {
              what: 'container started',
              detail: `${pod.metadata.name}: ${status.image ?? ''}`,
              tone: 'progress',
            });
          }
          const stopped =
            status.state?.waiting?.reason === 'CrashLoopBackOff' ? status.lastState?.terminated : undefined;
          if (stopped) {
            const detail = `${pod.metadata.name} exited with ${stopped.exitCode}${stopped.message ? `: ${stopped.message.trim()}` : ''}`;
            tell(`crashed ${key}`, { what: 'container failed', detail, tone: 'warning' });
          }
        }
      },
      labels.workspace,
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

type Tell = (key: string, milestone: Milestone) => void;

function followClaim(claim: KubeObject, tell: Tell): void {
  const { name } = claim.metadata;
  const detail = `NodeClaim ${name}, ${instanceTypeOf(claim)}`;
  tell(`claimed ${name}`, { what: 'node claimed', detail, tone: 'progress' });
  for (const [type, what] of CLAIM_STEPS) {
    const step = getCondition(conditionsOf(claim), type);
    if (step?.status === 'True') tell(`${type} ${name}`, { what, detail: stepDetail(claim), tone: 'progress' });
  }
}

/** The Workspace says what it has asked for before anything is asked for. */
function followRequest({ status }: Workspace, tell: Tell): void {
  const claims = getCondition(status?.conditions ?? [], conditionTypes.nodeClaimReady);
  if (claims?.status !== 'False') return;
  tell('claimed', { what: 'node claimed', detail: claims.message, tone: 'progress' });
}

/** The conditions of a Workspace that are worth a line when they become True. */
const STEPS: readonly (readonly [type: string, what: string])[] = [
  [conditionTypes.planned, 'planned'],
  [conditionTypes.resourceReady, 'nodes ready'],
  [conditionTypes.inferenceReady, 'model ready'],
  [conditionTypes.workspaceReady, 'ready'],
];

const CLAIM_STEPS: readonly (readonly [type: string, what: string])[] = [
  ['Launched', 'node launched'],
  ['Registered', 'node joined'],
];

function followWorkspace(workspace: Workspace, tell: Tell, listener: ProgressListener): void {
  const conditions = workspace.status?.conditions ?? [];
  const planned = getCondition(conditions, conditionTypes.planned);
  if (planned?.status === 'False') {
    tell('refused', { what: 'refused', detail: `${planned.message} (${planned.reason})`, tone: 'failed' });
    listener.verdict({ ready: false, reason: `${planned.message} (${planned.reason})` });
    return;
  }
  for (const [type, what] of STEPS) {
    const condition = getCondition(conditions, type);
    if (condition?.status !== 'True') continue;
    const detail = `${condition.message} (${condition.reason})`;
    tell(type, { what, detail, tone: type === conditionTypes.planned ? 'progress' : 'done' });
    if (type === conditionTypes.planned && workspace.status?.plan?.feasible) {
      for (const { code, message } of workspace.status.plan.warnings)
        tell(code, { what: 'note', detail: message, tone: 'warning' });
    }
  }
  const ready = getCondition(conditions, conditionTypes.workspaceReady);
  if (ready?.status === 'True') listener.verdict({ ready: true });
  else if (ready) listener.waitingFor(ready.message);
}

/** Why a Workspace is not ready, in one sentence, from its conditions. */
export function whyNotReady(workspace: Workspace | undefined): string {
  const conditions: readonly Condition[] = workspace?.status?.conditions ?? [];
  const ready = getCondition(conditions, conditionTypes.workspaceReady);
  return ready ? `${ready.message} (${ready.reason})` : 'the operator has said nothing of it';
}

function conditionsOf(object: KubeObject): readonly Condition[] {
  return (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];
}

function instanceTypeOf(claim: KubeObject): string {
  const { requirements = [] } = (claim.spec ?? {}) as {
    requirements?: readonly { key: string; values?: readonly string[] }[];
  };
  return requirements.find(({ key }) => key === 'node.kubernetes.io/instance-type')?.values?.[0] ?? 'any type';
}

function stepDetail(claim: KubeObject): string {
  const { nodeName, providerID } = (claim.status ?? {}) as { nodeName?: string; providerID?: string };
  return nodeName ? `node ${nodeName}` : (providerID ?? claim.metadata.name);
}

function allocatable(node: KubeObject): Readonly<Record<string, string>> {
  return (node.status as { allocatable?: Record<string, string> } | undefined)?.allocatable ?? {};
}

interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly restartCount?: number;
  readonly state?: { readonly running?: object; readonly waiting?: { readonly reason?: string } };
  readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly message?: string } };
}

function containerStatuses(pod: KubeObject): readonly ContainerStatus[] {
  return (pod.status as { containerStatuses?: readonly ContainerStatus[] } | undefined)?.containerStatuses ?? [];
}
