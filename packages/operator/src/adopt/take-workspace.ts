import {
  adoptedSpecOf,
  annotations,
  conditionTypes,
  type KubeObject,
  labels,
  type Plan,
  RUN_MARK,
  runOf,
  WORKSPACE_FINALIZER,
  WORKSPACES,
  type Workspace,
} from '@kaito-sdk/core';
import { inheritance } from '@kaito-sdk/provider-karpenter';
import { OPERATOR_NAME } from '../kaito-operator.js';
import { type Step, untouched, update } from './change.js';
import { byKaitoWithStatus, takenOver } from './managed-fields.js';
import type { KaitoWorkspace } from './read-kaito.js';

/** What becomes of one Workspace and of everything that KAITO made for it. Its pods and the machines are none of it. */
export function workspaceSteps(found: KaitoWorkspace, asked: Workspace, nodes: readonly Step[]): readonly Step[] {
  const { workspace, workloads, services, claims, revisions, pods } = found;
  return [
    ...claims.map((claim) => claimStep(claim, workspace)),
    ...nodes,
    ...workloads.map((workload) => workloadStep(workload, workspace, asked)),
    ...services.map((service) =>
      update(
        service,
        handedOver(service, workspace),
        'this operator sees by the label what is its own, and owns what KAITO wrote',
      ),
    ),
    ...revisions.map((revision) => untouched(revision, 'is kept, and counted with those that follow')),
    ...pods.map((pod) => untouched(pod, 'runs on')),
    // Last: with this the Workspace counts as taken over, and everything before it is done.
    workspaceStep(found, asked),
  ];
}

function claimStep(claim: KubeObject, { metadata: { uid = '' } }: KubeObject): Step {
  const why = 'its node is on the lease of this Workspace, under the name that it has';
  return update(claim, { metadata: { annotations: inheritance(uid) } }, why);
}

function workloadStep(workload: KubeObject, workspace: KubeObject, asked: Workspace): Step {
  const handed = handedOver(workload, workspace);
  if (workload.kind !== 'Job') {
    return update(workload, handed, 'keeps its kind and its pods until the Workspace asks for something else');
  }
  const mark = { metadata: { ...handed.metadata, annotations: { [RUN_MARK]: runOf(asked) } } };
  return update(workload, mark, 'is the run that the Workspace asks for: it is not run again');
}

/** The label by which the operator watches its own, and KAITO's fields as if this operator had applied them. The pod template is not touched. */
function handedOver(object: KubeObject, { metadata: { name } }: KubeObject): { readonly metadata: object } {
  const managedFields = takenOver(object, OPERATOR_NAME);
  return {
    metadata: { labels: { [labels.workspace]: name }, ...(managedFields === undefined ? {} : { managedFields }) },
  };
}

/**
 * The Workspace is marked with what it asks for. What KAITO said in conditions that this operator does not know goes: nobody would ever say
 * otherwise again.
 */
function workspaceStep({ workspace, workloads }: KaitoWorkspace, asked: Workspace): Step {
  const why = 'stays as it is as long as it asks for the same; its finalizer is the one that this operator has, too';
  const kind = workloads.find((one) => one.kind === 'Deployment' || one.kind === 'StatefulSet')?.kind;
  const mark = { [annotations.adoptedSpec]: adoptedSpecOf(asked), ...(kind && { [annotations.workloadKind]: kind }) };
  const { conditions = [] } = (workspace.status ?? {}) as {
    readonly conditions?: readonly { readonly type: string }[];
  };
  const known = conditions.filter(({ type }) => KNOWN.has(type));
  const step = update(workspace, marked(workspace, mark), why);
  if (known.length === conditions.length) return step;
  const { namespace, name, resourceVersion } = workspace.metadata;
  const gone = conditions.filter(({ type }) => !KNOWN.has(type));
  return {
    ...step,
    action: 'update',
    fields: [...step.fields, ...gone.map(({ type }) => ({ field: `status.conditions ${type}`, from: 'of KAITO' }))],
    carryOut: async (client) => {
      const patch = { metadata: { resourceVersion }, status: { conditions: known } };
      const live = await client.merge(WORKSPACES, namespace, name, patch, { subresource: 'status' });
      await update(live, marked(live, mark), why).carryOut(client);
    },
  };
}

const KNOWN: ReadonlySet<string> = new Set(Object.values(conditionTypes));

function marked(workspace: KubeObject, mark: Readonly<Record<string, string>>): { readonly metadata: object } {
  const { finalizers = [] } = workspace.metadata;
  const managedFields = takenOver(workspace, OPERATOR_NAME, byKaitoWithStatus);
  return {
    metadata: {
      annotations: mark,
      ...(finalizers.includes(WORKSPACE_FINALIZER) ? {} : { finalizers: [...finalizers, WORKSPACE_FINALIZER] }),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
  };
}

/** The pods of a tuning that is over hold no node any more, and this operator gives such nodes back. */
export function endedTuning({ workspace, workloads }: KaitoWorkspace, decision: Plan): string | undefined {
  if (decision.kind !== 'tuning') return undefined;
  const ended = workloads.some(({ kind, status }) => {
    const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly { type: string; status: string }[] };
    return (
      kind === 'Job' && conditions.some(({ type, status: is }) => is === 'True' && /^(Complete|Failed)$/.test(type))
    );
  });
  const { namespace, name } = workspace.metadata;
  return ended
    ? `the tuning ${namespace}/${name} has ended: this operator gives its node back once it runs, unless the Workspace is annotated kaito-sdk.dev/keep-nodes=true`
    : undefined;
}
