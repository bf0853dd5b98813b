import {
  type Condition,
  defaultLeasePolicy,
  type KubeObject,
  type LeasePolicy,
  type Outcome,
  type Workspace,
} from '@kaito-sdk/core';
import { exampleCatalogs, FakeProvisioner, PlanBeforeSpend } from '@kaito-sdk/core/testing';
import { reconcileWorkspace } from '../../../dist/workspace/reconcile-workspace.js';
import { StatusDraft } from '../../../dist/workspace/status-draft.js';
import type { ClusterSource, WorkspaceCluster } from '../../../dist/workspace/workspace-cluster.js';
import { WorkspaceContext } from '../../../dist/workspace/workspace-context.js';

/** A cluster of maps: what is applied is live at once, and everything that happens is written down. */
export class FakeCluster implements WorkspaceCluster {
  readonly objects = new Map<string, KubeObject>();
  /** The nodes, by name. */
  readonly cluster = new Map<string, KubeObject>();
  plugins: KubeObject[] = [];
  workloadPods: KubeObject[] = [];
  readonly calls: string[] = [];
  refuseDryRun: Error | undefined;

  /** Whether the Workspace is gone, and the event of that on its way. */
  gone = false;

  async ensureFinalizer(): Promise<boolean> {
    this.calls.push('finalizer');
    return !this.gone;
  }
  async removeFinalizer(): Promise<void> {
    this.calls.push('no finalizer');
  }
  async apply(_workspace: Workspace, objects: readonly KubeObject[], keep: readonly KubeObject[] = []): Promise<void> {
    this.calls.push(`apply ${objects.map(({ kind }) => kind).join(',')}`);
    const kept = new Map(objects.map((object) => [key(object), { ...this.objects.get(key(object)), ...object }]));
    for (const object of keep) kept.set(key(object), this.objects.get(key(object)) ?? object);
    this.objects.clear();
    for (const [name, object] of kept) this.objects.set(name, object);
  }
  async takeOver(_workspace: Workspace, object: KubeObject): Promise<boolean> {
    this.calls.push(`take over ${object.kind}`);
    return this.objects.has(key(object));
  }
  async dryRun(_workspace: Workspace, { kind }: KubeObject): Promise<void> {
    this.calls.push(`dry run ${kind}`);
    if (this.refuseDryRun) throw this.refuseDryRun;
  }
  changes(_workspace: Workspace, object: KubeObject): boolean {
    const { status: _, ...live } = this.objects.get(key(object)) ?? object;
    return JSON.stringify({ ...live, ...object }) !== JSON.stringify(live);
  }
  kept: KubeObject[] = [];
  revisions(): readonly KubeObject[] {
    return this.kept;
  }
  async createRevision(revision: KubeObject): Promise<void> {
    this.calls.push(`revision ${(revision as { revision?: number }).revision}`);
    this.kept.push(revision);
  }
  async dropRevision({ metadata }: KubeObject): Promise<void> {
    this.kept = this.kept.filter((one) => one.metadata.name !== metadata.name);
  }
  /** Secrets and ConfigMaps that there are, by `Kind/name`, with their keys. */
  readonly data = new Map<string, readonly string[]>();
  async has(_workspace: Workspace, kind: string, name: string, keys: readonly string[]): Promise<boolean | undefined> {
    const found = this.data.get(`${kind}/${name}`);
    return found !== undefined && keys.every((one) => found.includes(one));
  }
  live(_workspace: Workspace, object: KubeObject): KubeObject | undefined {
    return this.objects.get(key(object));
  }
  pods(): readonly KubeObject[] {
    return this.workloadPods;
  }
  node(name: string): KubeObject | undefined {
    return this.cluster.get(name);
  }
  /** What the server says where the caches are behind. @default the same */
  readonly behind: { node?: KubeObject; pods?: readonly KubeObject[]; live?: (object: KubeObject) => KubeObject } = {};
  refuseLook: Error | undefined;
  readonly source: ClusterSource = {
    node: async (name) => this.look('Node', this.behind.node ?? this.node(name)),
    pods: async () => this.look('pods', this.behind.pods ?? this.pods()),
    live: async (workspace, object) => {
      const cached = this.live(workspace, object);
      return this.look(object.kind, cached && (this.behind.live?.(cached) ?? cached));
    },
  };
  private look<T>(what: string, found: T): T {
    this.calls.push(`look at ${what}`);
    if (this.refuseLook) throw this.refuseLook;
    return found;
  }
  nodes(): readonly KubeObject[] {
    return [...this.cluster.values()];
  }
  async daemonSets(): Promise<readonly KubeObject[]> {
    this.calls.push('list DaemonSets');
    return this.plugins;
  }
}

function key({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

/** One Workspace in a world in memory; each `pass()` is one reconcile. */
export class World {
  readonly cluster = new FakeCluster();
  readonly provisioner = new FakeProvisioner();
  now = Date.UTC(2026, 0, 1);
  leases: Partial<LeasePolicy> = {};
  catalogs = exampleCatalogs;
  events: string[] = [];
  prePull = true;
  writes = 0;
  private readonly law = new PlanBeforeSpend(() => this.workspace);
  private context: WorkspaceContext | undefined;

  constructor(public workspace: Workspace) {}

  /** A pass; how long it lets the Workspace rest at most. */
  async awakeAfterMs(): Promise<number | undefined> {
    const outcome = await this.pass();
    const awake = this.context?.awake(outcome);
    return awake?.kind === 'waiting' ? awake.afterMs : undefined;
  }

  async pass(): Promise<Outcome> {
    const { workspace, cluster, provisioner, now } = this;
    const at = `${new Date(now).toISOString().slice(0, 19)}Z`;
    const status = new StatusDraft(workspace.status ?? {}, workspace.metadata.generation, at);
    const record = async () => {
      const changed = status.changed();
      if (changed) {
        this.writes++;
        this.workspace = { ...workspace, status: changed };
        this.cluster.calls.push('status');
      }
      status.wrote(changed);
    };
    const publish = (outcome: Outcome) => {
      status.settle(outcome, 'inference');
      return record();
    };
    const context = new WorkspaceContext({
      workspace,
      catalogs: this.catalogs,
      provisioner: this.law.watched(provisioner),
      cluster,
      status,
      publish,
      record,
      now,
      policy: { ...defaultLeasePolicy, ...this.leases },
      prePull: this.prePull,
    });
    this.context = context;
    const outcome = await reconcileWorkspace(context);
    await publish(outcome);
    this.events.push(...status.events.map(({ type, reason }) => `${type} ${reason}`));
    return outcome;
  }

  condition(type: string): Condition | undefined {
    return this.workspace.status?.conditions?.find((condition) => condition.type === type);
  }

  /** Every condition with its status: `Planned=True`. */
  get conditions(): string[] {
    return (this.workspace.status?.conditions ?? []).map(({ type, status }) => `${type}=${status}`);
  }

  nodesShow(gpus: number, ready = 'True'): void {
    for (const { nodeName = '' } of this.provisioner.claims.values()) {
      this.cluster.cluster.set(nodeName, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: nodeName },
        status: {
          allocatable: { 'nvidia.com/gpu': String(gpus) },
          conditions: [{ type: 'Ready', status: ready, message: 'kubelet' }],
        },
      });
    }
  }

  engineReady(): void {
    for (const [name, object] of this.cluster.objects) {
      if (object.kind === 'Deployment') this.cluster.objects.set(name, { ...object, status: { readyReplicas: 1 } });
    }
  }

  /** Through all phases to a model that answers. */
  async up(): Promise<void> {
    await this.pass();
    this.provisioner.move('ready');
    this.nodesShow(1);
    await this.pass();
    this.engineReady();
    await this.pass();
  }
}
