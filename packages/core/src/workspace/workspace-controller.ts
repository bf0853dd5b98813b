import { labels } from '../api/names.js';
import { WORKSPACES } from '../api/resources.js';
import type { Workspace } from '../api/workspace.js';
import type { Clock } from '../clock.js';
import { Controller } from '../engine/controller.js';
import type { EventRecorder } from '../engine/events.js';
import type { Metrics } from '../engine/metrics.js';
import type { ObjectKey } from '../engine/object-key.js';
import { done, type Outcome } from '../engine/outcome.js';
import type { KubeClient } from '../kube/client.js';
import { isNotFound } from '../kube/errors.js';
import type { Cache } from '../kube/informer.js';
import { NODES, PODS } from '../kube/kinds.js';
import { apiVersionOf, type KubeObject } from '../kube/objects.js';
import type { PodLogs } from '../kube/pod-logs.js';
import type { Catalogs } from '../plan/catalogs.js';
import type { ClaimWatch, NodeProvisioner } from '../plugin/node-provisioner.js';
import type { Runtime } from '../plugin/runtime.js';
import { ApplyingCluster, OURS, RENDERED_KINDS } from './applying-cluster.js';
import { ADAPTERS_OF, adapterSources, servedBy } from './find-adapters.js';
import { defaultLeasePolicy, type LeasePolicy } from './lease-policy.js';
import { lookAgain } from './look-again.js';
import { rfc3339 } from './node-attempt.js';
import { reconcileWorkspace } from './reconcile-workspace.js';
import { StatusDraft } from './status-draft.js';
import { tuningFigures } from './tuning-metrics.js';
import { withStock } from './with-stock.js';
import { WorkloadProgress } from './workload-progress.js';
import { WorkspaceContext } from './workspace-context.js';

export interface WorkspaceControllerProps {
  /** Its writes must be visible in `cache` at once (see `writeThrough`). */
  readonly client: KubeClient;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly provisioner: NodeProvisioner;
  /** Asked in every pass: what is retired depends on the day. */
  readonly catalogs: () => Catalogs;
  /** @default `kaito-sdk` */
  readonly fieldManager?: string;
  /** Deadlines, memory and limits of the nodes. */
  readonly leases?: Partial<LeasePolicy>;
  /** Whether images are pulled to a node before its GPUs show. @default true */
  readonly prePull?: boolean;
  /** Where the output of running workloads is read. @default nowhere: conditions say nothing of their progress */
  readonly logs?: PodLogs;
  readonly metrics?: Metrics;
  /** Workspaces reconciled at once. @default 8 */
  readonly concurrency?: number;
}

/** Brings Workspaces to life: from the manifest to the plan, the nodes, the running model, and back. */
export function workspaceController(props: WorkspaceControllerProps): Controller<KubeObject> {
  const { client, cache, clock, events, provisioner, fieldManager = 'kaito-sdk' } = props;
  const workspaces = cache.informer(WORKSPACES);
  workspaces.addIndex(ADAPTERS_OF, adapterSources);
  const cluster = new ApplyingCluster({ client, cache, fieldManager });
  const claims = provisioner.watches();
  const policy = { ...defaultLeasePolicy, ...props.leases };

  async function reconcile({ namespace, name }: ObjectKey): Promise<Outcome> {
    const object = workspaces.get(namespace, name);
    if (!object) {
      progress?.forget({ namespace, name });
      return done;
    }
    const workspace = object as unknown as Workspace;
    const now = clock.now();
    const kind = workspace.tuning === undefined ? 'inference' : 'tuning';
    const status = new StatusDraft(workspace.status ?? {}, object.metadata.generation, rfc3339(now), kind);
    const record = async () => {
      const changed = status.changed();
      if (changed !== undefined) await writeStatus(client, fieldManager, object, changed);
      status.written(changed);
    };
    const publish = (outcome: Outcome) => {
      status.settle(outcome, kind);
      return record();
    };
    const installed = props.catalogs();
    await Promise.all(installed.instances.map((catalog) => catalog.refresh?.()));
    const catalogs = withStock(installed, provisioner, workspace);
    const listen = ({ logs }: Runtime) => logs && progress?.of(workspace, cluster.pods(workspace), logs);
    const context = new WorkspaceContext({
      workspace,
      catalogs,
      provisioner,
      cluster,
      status,
      publish,
      record,
      now,
      policy,
      ...(props.prePull === undefined ? {} : { prePull: props.prePull }),
      another: (other) => workspaces.get(namespace, other) as unknown as Workspace | undefined,
      progress: listen,
    });
    const outcome = await reconcileWorkspace(context);
    if (outcome.kind === 'done') progress?.forget({ namespace, name });
    if (!(isDeleting(object) && outcome.kind === 'done')) await publish(outcome);
    for (const { type, reason, message } of status.events) events.record(object, { type, reason, note: message });
    const awake = context.awake(outcome);
    return lookAgain(awake, await provisioner.observe(context.owner));
  }

  const controller = new Controller({
    name: 'workspace',
    resource: WORKSPACES,
    owns: RENDERED_KINDS.map((resource) => ({ resource, ...OURS })),
    watches: [
      { resource: PODS, labelSelector: labels.workspace, map: ownerOfPod },
      { resource: NODES, map: (node) => claimOwners(claims, node) },
      { resource: WORKSPACES, map: (object) => servedBy(workspaces, object) },
      ...claims.map((claim) => ({
        resource: claim.resource,
        map: (object: KubeObject) => claimOwners([claim], object),
        ...(claim.labelSelector === undefined ? {} : { labelSelector: claim.labelSelector }),
      })),
    ],
    concurrency: props.concurrency ?? 8,
    reconcile,
  });
  const progress =
    props.logs &&
    new WorkloadProgress({
      logs: props.logs,
      clock,
      wake: (key) => controller.enqueue(key, 'the workload told of its progress'),
      ...(props.metrics === undefined ? {} : { figures: tuningFigures(props.metrics) }),
    });
  return controller;
}

function ownerOfPod(pod: KubeObject): readonly ObjectKey[] {
  const name = pod.metadata.labels?.[labels.workspace];
  return name === undefined ? [] : [{ namespace: pod.metadata.namespace ?? '', name }];
}

/** Nodes carry the ownership labels of their claims, so one rule finds the owner of both. */
function claimOwners(claims: readonly ClaimWatch[], object: KubeObject): readonly ObjectKey[] {
  const { labels: carried = {} } = object.metadata;
  return claims.flatMap((claim) => claim.ownersOf?.(carried) ?? claim.ownerOf(carried) ?? []);
}

function isDeleting(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Server-side apply with the whole status: what this status no longer says, the server drops. */
async function writeStatus(
  client: KubeClient,
  fieldManager: string,
  workspace: KubeObject,
  status: object,
): Promise<void> {
  const { name, namespace } = workspace.metadata;
  const object = {
    apiVersion: apiVersionOf(WORKSPACES),
    kind: WORKSPACES.kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    status,
  };
  try {
    await client.apply(WORKSPACES, object, { fieldManager, subresource: 'status' });
  } catch (error) {
    // Deleted in the meantime: nobody is left to read it.
    if (!isNotFound(error)) throw error;
  }
}
