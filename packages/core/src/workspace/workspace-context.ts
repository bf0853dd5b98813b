import type { Workspace } from '../api/workspace.js';
import type { Outcome } from '../engine/outcome.js';
import type { Catalogs } from '../plan/catalogs.js';
import type { Plan } from '../plan/plan.js';
import type { ClaimOwner, NodeProvisioner } from '../plugin/node-provisioner.js';
import type { Runtime } from '../plugin/runtime.js';
import type { StatusDraft } from './status-draft.js';
import type { WorkspaceCluster } from './workspace-cluster.js';

/** One step of bringing a Workspace to its desired state. It reads what is, does what is missing, and says how that went. */
export type Phase = (context: WorkspaceContext) => Promise<Outcome>;

export interface WorkspaceContextProps {
  readonly workspace: Workspace;
  readonly catalogs: Catalogs;
  readonly provisioner: NodeProvisioner;
  readonly cluster: WorkspaceCluster;
  readonly status: StatusDraft;
  /** Writes the status as it would stand after this outcome; does nothing when the cluster already says so. */
  readonly publish: (outcome: Outcome) => Promise<void>;
  /** Milliseconds since the epoch, read once, so that one pass sees one moment. */
  readonly now: number;
}

/** What the phases share during one pass. Nothing in it outlives the pass. */
export class WorkspaceContext {
  readonly workspace: Workspace;
  readonly owner: ClaimOwner;
  readonly catalogs: Catalogs;
  readonly provisioner: NodeProvisioner;
  readonly cluster: WorkspaceCluster;
  readonly status: StatusDraft;
  readonly publish: (outcome: Outcome) => Promise<void>;
  readonly now: number;
  private decided: Plan | undefined;

  constructor(props: WorkspaceContextProps) {
    const { name, namespace, uid } = props.workspace.metadata;
    this.workspace = props.workspace;
    this.owner = { name, namespace: namespace ?? '', uid: uid ?? '' };
    this.catalogs = props.catalogs;
    this.provisioner = props.provisioner;
    this.cluster = props.cluster;
    this.status = props.status;
    this.publish = props.publish;
    this.now = props.now;
  }

  /** The Plan that every later phase carries out. */
  get plan(): Plan {
    if (!this.decided) throw new Error('a phase that needs the Plan ran before the one that makes it');
    return this.decided;
  }

  decide(plan: Plan): void {
    this.decided = plan;
    this.status.plan(plan);
  }

  /** The runtime that the Plan names. */
  get runtime(): Runtime {
    const { name } = this.plan.runtime;
    const runtime = this.catalogs.runtimes.find((one) => one.name === name);
    if (!runtime) throw new Error(`the Plan names runtime ${name}, which is not registered`);
    return runtime;
  }
}
