import type { Workspace } from '../api/workspace.js';
import type { Outcome } from '../engine/outcome.js';
import type { Catalogs } from '../plan/catalogs.js';
import type { Plan } from '../plan/plan.js';
import type { ClaimOwner, ClaimState, NodeProvisioner } from '../plugin/node-provisioner.js';
import type { Runtime } from '../plugin/runtime.js';
import type { AttemptLog } from './attempt-log.js';
import { claimNames } from './claim-names.js';
import { watched } from './culprit.js';
import { defaultLeasePolicy, type LeasePolicy } from './lease-policy.js';
import type { StatusDraft } from './status-draft.js';
import type { Progress } from './workload-progress.js';
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
  /** Writes down what has been noted so far, in the middle of a pass: what no phase has come to yet stays said as it is. */
  readonly record: () => Promise<void>;
  /** Milliseconds since the epoch, read once, so that one pass sees one moment. */
  readonly now: number;
  readonly policy?: LeasePolicy;
  /** Another Workspace of the same namespace. @default there is none */
  readonly another?: (name: string) => Workspace | undefined;
  /** Whether images are pulled to a node before its GPUs show. @default true */
  readonly prePull?: boolean;
  /** What the running workload told of its progress. @default nobody listens */
  readonly progress?: (runtime: Runtime) => Progress | undefined;
}

/** Why nothing may be asked for now, although the Plan wants it. */
export interface Hold {
  readonly reason: string;
  readonly message: string;
  /** When to look again, milliseconds since the epoch. */
  readonly until: number;
  /** Nothing will get better before a person acts. */
  readonly needsAPerson: boolean;
}

/** What the phases share during one pass. Nothing in it outlives the pass. */
export class WorkspaceContext {
  /** As the user wrote it, with the adapters of tuning Workspaces as the images that they are. */
  workspace: Workspace;
  readonly owner: ClaimOwner;
  readonly catalogs: Catalogs;
  readonly provisioner: NodeProvisioner;
  readonly cluster: WorkspaceCluster;
  readonly status: StatusDraft;
  readonly publish: (outcome: Outcome) => Promise<void>;
  readonly record: () => Promise<void>;
  readonly now: number;
  readonly policy: LeasePolicy;
  readonly prePull: boolean;
  /** What is being done, in the words of a condition: should it fail. */
  doing = 'looking at the Workspace';
  private decided: Plan | undefined;
  private heldBack: Hold | undefined;
  private wakeUp: number | undefined;
  private runs = false;
  private inherited: readonly ClaimState[] = [];
  private readonly doubts: string[] = [];

  constructor(private readonly props: WorkspaceContextProps) {
    const { name, namespace, uid } = props.workspace.metadata;
    this.workspace = props.workspace;
    this.owner = { name, namespace: namespace ?? '', uid: uid ?? '' };
    this.catalogs = props.catalogs;
    this.provisioner = props.provisioner;
    this.cluster = props.cluster;
    this.status = props.status;
    this.publish = props.publish;
    this.record = props.record;
    this.now = props.now;
    this.policy = props.policy ?? defaultLeasePolicy;
    this.prePull = props.prePull ?? true;
  }

  /** The leases of this Workspace's nodes, and what became of earlier ones. Changes of it are part of the status. */
  get log(): AttemptLog {
    return this.status.attempts;
  }

  get generation(): number {
    return this.workspace.metadata.generation ?? 0;
  }

  /** The claims that the Plan wants: of those that another operator left us the ones that will do, and names of our own for the rest. */
  get wanted(): readonly string[] {
    const { nodes } = this.plan;
    const left = this.inherited.filter(({ instanceType }) => instanceType === nodes.instanceType).slice(0, nodes.count);
    // Names by their place: that one of them goes must not rename the others.
    const own = claimNames(this.owner, nodes.instanceType, nodes.count, nodes).slice(left.length);
    return [...left.map(({ name }) => name), ...own];
  }

  /** Claims on the lease that another operator made. */
  inherit(claims: readonly ClaimState[]): void {
    this.inherited = [...claims].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Looks again at this moment at the latest; the earliest wish counts. */
  wakeAt(ms: number): void {
    this.wakeUp = Math.min(ms, this.wakeUp ?? ms);
  }

  /** The outcome as the engine is to know it: with the next deadline, whatever else it waits for. */
  awake(outcome: Outcome): Outcome {
    if (outcome.kind === 'done' || this.wakeUp === undefined) return outcome;
    const afterMs = Math.max(0, this.wakeUp - this.now);
    const sooner = outcome.kind === 'waiting' ? Math.min(outcome.afterMs ?? afterMs, afterMs) : afterMs;
    return { kind: 'waiting', reason: outcome.reason, message: outcome.message, afterMs: sooner };
  }

  /** Nothing is asked for in this pass, for that reason. The first one counts. */
  hold(why: Hold): void {
    this.heldBack ??= why;
  }

  get held(): Hold | undefined {
    return this.heldBack;
  }

  /** Something that should be known and cannot be asked for now. */
  doubt(what: string): void {
    this.doubts.push(what);
  }

  /** A message of what is waited for, with what is in doubt meanwhile. */
  withDoubts(message: string): string {
    return [message, ...this.doubts].join('; ');
  }

  /** The workload does what the nodes are paid for, although the Workspace is not at its end. */
  started(): void {
    this.runs = true;
  }

  /** Another Workspace of the same namespace. */
  another(name: string): Workspace | undefined {
    return this.props.another?.(name);
  }

  /** What the running workload has told since the last pass. */
  progress(): Progress | undefined {
    return this.props.progress?.(this.runtime);
  }

  /** A model that is ready, or being tuned, makes its nodes' leases open-ended; one that no longer is gives them a deadline again. */
  settleLeases(outcome: Outcome): void {
    for (const { claim, stage } of this.log.open) {
      if (outcome.kind === 'done' || this.runs) this.log.move(claim, 'ready');
      else if (stage === 'ready') {
        this.log.move(claim, 'running');
        this.wakeAt(this.now + this.policy.readyMs);
      }
    }
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
    return watched('runtime', runtime);
  }
}
