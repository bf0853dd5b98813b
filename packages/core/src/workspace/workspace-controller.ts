import { labels } from '../api/names.js';
import { WORKSPACES } from '../api/resources.js';
import type { Workspace } from '../api/workspace.js';
import type { Clock } from '../clock.js';
import { Controller, type ReconcileContext } from '../engine/controller.js';
import type { EventRecorder } from '../engine/events.js';
import type { Log } from '../engine/log.js';
import type { Metrics } from '../engine/metrics.js';
import type { ObjectKey } from '../engine/object-key.js';
import { done, type Outcome } from '../engine/outcome.js';
import type { KubeClient } from '../kube/client.js';
import type { Cache } from '../kube/informer.js';
import { NODES, PODS } from '../kube/kinds.js';
import type { KubeObject } from '../kube/objects.js';
import type { PodLogs } from '../kube/pod-logs.js';
import type { Catalogs } from '../plan/catalogs.js';
import type { ClaimWatch, NodeProvisioner } from '../plugin/node-provisioner.js';
import type { Runtime } from '../plugin/runtime.js';
import { ApplyingCluster, OURS, RENDERED_KINDS } from './applying-cluster.js';
import { watched } from './culprit.js';
import { FailingPasses } from './failing-passes.js';
import { ADAPTERS_OF, adapterSources, servedBy } from './find-adapters.js';
import { defaultLeasePolicy, type LeasePolicy, whereNothingIsBought } from './lease-policy.js';
import { lookAgain } from './look-again.js';
import { passFailure } from './pass-failure.js';
import { reconcileWorkspace } from './reconcile-workspace.js';
import type { DraftEvent } from './status-draft.js';
import { tuningFigures } from './tuning-metrics.js';
import { withStock } from './with-stock.js';
import { WorkloadProgress } from './workload-progress.js';
import { WorkspaceContext } from './workspace-context.js';
import { WorkspacePass } from './workspace-pass.js';

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
  const { client, cache, clock, events, fieldManager = 'kaito-sdk' } = props;
  const provisioner = watched('provisioner', props.provisioner);
  const workspaces = cache.informer(WORKSPACES);
  workspaces.addIndex(ADAPTERS_OF, adapterSources);
  const cluster = new ApplyingCluster({ client, cache, fieldManager });
  const claims = provisioner.watches();
  const policy = { ...defaultLeasePolicy, ...props.leases };
  const failing = new FailingPasses(props.metrics);

  async function reconcile(key: ObjectKey, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { namespace, name } = key;
    const object = workspaces.get(namespace, name);
    if (!object) {
      progress?.forget(key);
      failing.forget(key);
      return done;
    }
    const pass = new WorkspacePass({
      object,
      client,
      fieldManager,
      latest: () => workspaces.get(namespace, name),
      now: clock.now(),
    });
    try {
      const outcome = await live(pass, key);
      failing.forget(key);
      return outcome;
    } catch (error) {
      // Whoever stops, or leads no more, has nothing to say about it.
      if (!signal.aborted) {
        await tell(pass, key, error, log);
        record(pass.object, pass.status.written);
      }
      throw error;
    }
  }

  async function live(pass: WorkspacePass, { namespace, name }: ObjectKey): Promise<Outcome> {
    const { workspace, status, now } = pass;
    const installed = props.catalogs();
    await Promise.all(installed.instances.map((catalog) => watched('catalog', catalog).refresh?.()));
    const catalogs = withStock(installed, provisioner, workspace);
    const listen = ({ logs }: Runtime) => logs && progress?.of(workspace, cluster.pods(workspace), logs);
    const context = new WorkspaceContext({
      workspace,
      catalogs,
      provisioner,
      cluster,
      status,
      publish: (outcome) => pass.publish(outcome),
      record: () => pass.record(),
      now,
      policy: installed.provisioner.findsNodes ? whereNothingIsBought(policy) : policy,
      ...(props.prePull === undefined ? {} : { prePull: props.prePull }),
      another: (other) => workspaces.get(namespace, other) as unknown as Workspace | undefined,
      progress: listen,
    });
    pass.doing = () => context.doing;
    const outcome = await reconcileWorkspace(context);
    if (outcome.kind === 'done') progress?.forget({ namespace, name });
    // Before the status says that all went well: it may fail too.
    const claims = await provisioner.observe(context.owner);
    pass.doing = () => 'writing the status';
    status.recover();
    if (!(pass.leaving && outcome.kind === 'done')) await pass.publish(outcome);
    record(pass.object, status.events);
    return lookAgain(context.awake(outcome), claims);
  }

  function record(about: KubeObject, drafted: readonly DraftEvent[]): void {
    for (const { type, reason, message } of drafted) events.record(about, { type, reason, note: message });
  }

  /** Says in the status, once, why passes over a Workspace keep failing; in an event too, which is there also where no status can be written. */
  async function tell(pass: WorkspacePass, key: ObjectKey, error: unknown, log: Log): Promise<void> {
    const failure = failing.failed(key, passFailure(error, pass.doing()), pass.now, pass.status.failing);
    if (failure === undefined) return;
    if (failure.news) events.record(pass.object, { type: 'Warning', reason: failure.reason, note: failure.message });
    try {
      await pass.fail(failure);
    } catch (unwritten) {
      log.warn('why passes fail could not be written into the status', { reason: failure.reason, error: unwritten });
    }
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
