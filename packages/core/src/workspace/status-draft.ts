import { type ConditionType, conditionReasons, conditionTypes } from '../api/conditions.js';
import type { AdapterStatus, LiveAdaptersStatus, TuningStatus, WorkspaceStatus } from '../api/workspace.js';
import { canonicalJson } from '../canonical-json.js';
import type { Outcome } from '../engine/outcome.js';
import type { Condition } from '../kube/objects.js';
import { LONGEST_MESSAGE, plainText } from '../plain-text.js';
import type { Infeasible, Plan } from '../plan/plan.js';
import { getCondition, isTrue, removeCondition, sameConditions, setCondition } from '../resource/conditions.js';
import { AttemptLog } from './attempt-log.js';
import type { LastingFailure } from './failing-passes.js';

/** An event that a pass wants to record. */
export interface DraftEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/**
 * Conditions whose turning true is news of its own. The others are steps on the way: the condition says when, and an event for each would
 * be a third of all that is written for a Workspace.
 */
const NEWS: ReadonlySet<string> = new Set([conditionTypes.workspaceReady, conditionTypes.jobStarted]);

/** The status that a pass is making, from the one that stands. Written once, at the end, and only when it differs. */
export class StatusDraft {
  private conditions: readonly Condition[];
  private readonly touched = new Set<string>();
  private planned: Plan | Infeasible | undefined;
  private workerNodes: readonly string[];
  private knownAdapters: readonly AdapterStatus[];
  private readonly drafted: DraftEvent[] = [];
  private writtenEvents = 0;
  private tuningStatus: TuningStatus | undefined;
  private tunedImages: Readonly<Record<string, string>>;
  private live: LiveAdaptersStatus | undefined;
  /** The leases, changed in place by the phases. */
  readonly attempts: AttemptLog;

  constructor(
    private old: WorkspaceStatus,
    private readonly generation: number | undefined,
    /** RFC 3339, whole seconds. */
    private readonly now: string,
    private kind: 'inference' | 'tuning' = 'inference',
  ) {
    this.conditions = old.conditions ?? [];
    this.planned = old.plan;
    this.workerNodes = old.workerNodes ?? [];
    this.knownAdapters = old.adapters ?? [];
    this.tuningStatus = old.tuning;
    this.tunedImages = old.tunedAdapters ?? {};
    this.live = old.liveAdapters;
    this.attempts = new AttemptLog(old.attempts ?? [], Date.parse(now));
  }

  /** Sets a condition; one that is lost, and the end of the way, is recorded as an event too. */
  condition(type: ConditionType, status: Condition['status'], reason: string, message: string): void {
    const before = getCondition(this.conditions, type);
    this.state(type, status, reason, message);
    const changed = before?.status !== status || (status === 'False' && before.reason !== reason);
    if (changed && (status === 'True' ? NEWS.has(type) : before?.status === 'True')) {
      this.event(status === 'True' ? 'Normal' : 'Warning', reason, `${type} is ${status}: ${message}`);
    }
  }

  /** Sets a condition that is no news: what it tells has an event of its own. */
  quietly(type: ConditionType, status: Condition['status'], reason: string, message: string): void {
    this.state(type, status, reason, message);
  }

  /** Sets a condition without a word about it. */
  private state(type: ConditionType, status: Condition['status'], reason: string, message: string): void {
    this.touched.add(type);
    const generation = this.generation === undefined ? {} : { observedGeneration: this.generation };
    const said = plainText(message, LONGEST_MESSAGE);
    this.conditions = setCondition(this.conditions, { type, status, reason, message: said, ...generation }, this.now);
  }

  event(type: DraftEvent['type'], reason: string, message: string): void {
    this.drafted.push({ type, reason, message: plainText(message, LONGEST_MESSAGE) });
  }

  get events(): readonly DraftEvent[] {
    return this.drafted;
  }

  /** Those of what stands in the cluster by now. A pass that fails has these to tell, since the next one will not see them as news. */
  get written(): readonly DraftEvent[] {
    return this.drafted.slice(0, this.writtenEvents);
  }

  plan(plan: Plan | Infeasible): void {
    this.planned = plan;
  }

  /** The adapters as they came into the pods; an empty list where there are none. */
  adapters(known: readonly AdapterStatus[]): void {
    this.knownAdapters = known;
  }

  /** Images of the adapters that tuning Workspaces make, by the names of the adapters. */
  get tunedAdapters(): Readonly<Record<string, string>> {
    return this.tunedImages;
  }

  tuneAdapters(images: Readonly<Record<string, string>>): void {
    this.tunedImages = images;
  }

  /** What a running engine was last known to serve of the adapters. */
  get liveAdapters(): LiveAdaptersStatus | undefined {
    return this.live;
  }

  /** Notes what a running engine serves now, or that it refuses to be told. */
  servesAdapters(now: LiveAdaptersStatus): void {
    this.live = now;
  }

  /** How the tuning goes, as far as the status knows. */
  get tuned(): TuningStatus | undefined {
    return this.tuningStatus;
  }

  /** Notes what is new about the tuning; undefined takes a note back. */
  tuning(news: { readonly [field in keyof TuningStatus]: TuningStatus[field] | undefined }): void {
    const all = Object.entries({ ...this.tuningStatus, ...news })
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field, plainText(value, LONGEST_MESSAGE)]);
    this.tuningStatus = Object.fromEntries(all) as TuningStatus;
  }

  nodes(names: readonly string[]): void {
    this.workerNodes = [...names].sort();
  }

  /**
   * Ends the pass: a condition that no phase reached says what is waited for, and the summary conditions follow from the others.
   */
  settle(outcome: Outcome, kind: 'inference' | 'tuning'): void {
    this.kind = kind;
    // In the middle of a pass, and those before have failed: what was told of that stays until this one has come to its end.
    if (getCondition(this.conditions, conditionTypes.reconciled) !== undefined) return;
    if (this.touched.has(conditionTypes.workspaceDeleting)) {
      // On its way out: what stood stays said, and nobody needs a warning for each condition.
      this.summarize(
        'False',
        conditionReasons.workspaceDeleted,
        outcome.kind === 'done' ? 'workspace is deleted' : outcome.message,
      );
      return;
    }
    for (const type of onTheWay(kind)) {
      if (this.touched.has(type) || outcome.kind === 'done') continue;
      this.condition(type, 'False', outcome.reason, outcome.message);
    }
    if (outcome.kind === 'done') {
      this.condition(conditionTypes.workspaceReady, 'True', conditionReasons.workspaceReady, 'workspace is ready');
      this.state(conditionTypes.workspaceSucceeded, 'True', conditionReasons.workspaceSucceeded, 'workspace is ready');
    } else {
      this.summarize(
        'False',
        outcome.kind === 'blocked' ? conditionReasons.workspaceFailed : conditionReasons.workspacePending,
        outcome.message,
      );
    }
  }

  /** What the status says of passes that failed. */
  get failing(): Condition | undefined {
    return getCondition(this.old.conditions, conditionTypes.reconciled);
  }

  /**
   * Ends a pass that failed, as many before it did. What is True stays so, since nothing is known against it; what is not, and was not looked
   * at in this pass, says why.
   */
  fail({ reason, message, since }: LastingFailure, leaving: boolean): void {
    const generation = this.generation === undefined ? {} : { observedGeneration: this.generation };
    const said = plainText(message, LONGEST_MESSAGE);
    const update = { type: conditionTypes.reconciled, status: 'False', reason, message: said, ...generation } as const;
    this.conditions = setCondition(this.conditions, update, this.failing?.lastTransitionTime ?? since);
    if (leaving) return;
    for (const type of onTheWay(this.kind)) {
      if (!this.touched.has(type) && !this.holds(type)) this.state(type, 'False', reason, message);
    }
    if (!this.holds(conditionTypes.workspaceReady)) this.summarize('False', conditionReasons.workspacePending, message);
  }

  /** A pass has come to its end: what was told of those that failed is taken back. */
  recover(): void {
    this.conditions = removeCondition(this.conditions, conditionTypes.reconciled);
  }

  /** In the middle of a pass: the Workspace will not be ready for a while, and of the conditions on the way only what was said of each holds. */
  interrupt(message: string): void {
    this.summarize('False', conditionReasons.workspacePending, message);
  }

  /** Both summary conditions, under their two names. The condition they sum up has its event already. */
  private summarize(status: Condition['status'], reason: string, message: string): void {
    this.state(conditionTypes.workspaceReady, status, reason, message);
    this.state(conditionTypes.workspaceSucceeded, status, reason, message);
  }

  /** What {@link changed} gave is in the cluster now. */
  wrote(status: WorkspaceStatus | undefined): void {
    if (status === undefined) return;
    this.old = status;
    this.writtenEvents = this.drafted.length;
  }

  /** The whole status to write, or undefined when it would say the same as the one that stands. */
  changed(): WorkspaceStatus | undefined {
    const next: WorkspaceStatus = {
      ...this.old,
      conditions: [...this.conditions],
      workerNodes: [...this.workerNodes],
      state: this.kind === 'tuning' ? this.tuningState() : this.inferenceState(),
      ...(this.planned === undefined ? {} : { plan: this.planned }),
      ...(this.tuningStatus === undefined ? {} : { tuning: this.tuningStatus }),
      ...(Object.keys(this.tunedImages).length === 0 && this.old.tunedAdapters === undefined
        ? {}
        : { tunedAdapters: { ...this.tunedImages } }),
      ...(this.attempts.all.length === 0 && this.old.attempts === undefined
        ? {}
        : { attempts: [...this.attempts.all] }),
      ...(this.live === undefined ? {} : { liveAdapters: this.live }),
      ...(this.knownAdapters.length === 0 && this.old.adapters === undefined
        ? {}
        : { adapters: [...this.knownAdapters] }),
      ...(this.planned?.feasible ? { targetNodeCount: this.planned.nodes.count } : {}),
    };
    return sameStatus(this.old, next) ? undefined : next;
  }

  private inferenceState(): string {
    if (this.holds(conditionTypes.workspaceReady)) return 'Ready';
    return this.old.state === 'Ready' || this.old.state === 'NotReady' ? 'NotReady' : 'Pending';
  }

  private tuningState(): string {
    if (this.holds(conditionTypes.workspaceReady)) return 'Succeeded';
    const summary = getCondition(this.conditions, conditionTypes.jobStarted);
    if (summary?.reason === conditionReasons.jobFailed) return 'Failed';
    return summary?.status === 'True' ? 'Running' : 'Pending';
  }

  private holds(type: string): boolean {
    return isTrue(this.conditions, type);
  }
}

/** The conditions that come true one after the other. */
function onTheWay(kind: 'inference' | 'tuning'): readonly ConditionType[] {
  const last = kind === 'tuning' ? conditionTypes.jobStarted : conditionTypes.inferenceReady;
  return [conditionTypes.planned, conditionTypes.nodeClaimReady, conditionTypes.resourceReady, last];
}

function sameStatus(old: WorkspaceStatus, next: WorkspaceStatus): boolean {
  return sameConditions(old.conditions, next.conditions) && rest(old) === rest(next);
}

/** Everything but the conditions, in one order of keys: the server may answer in another. */
function rest({ conditions: _, ...others }: WorkspaceStatus): string {
  return canonicalJson(others);
}
