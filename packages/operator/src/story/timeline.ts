import {
  AttemptLog,
  type Condition,
  conditionTypes,
  getCondition,
  type NodeAttempt,
  offerText,
  type Workspace,
} from '@kaito-sdk/core';

/** One thing that happened to a Workspace. */
export interface Happening {
  /** RFC 3339. */
  readonly at: string;
  readonly what: string;
  /** Seconds since what happened before it on the way to an answer; absent for what lies beside that way. */
  readonly tookSeconds?: number;
}

/** How a Workspace came to where it is. Plain JSON. */
export interface Timeline {
  readonly happenings: readonly Happening[];
  /** What it waits for now, and since how many seconds; absent when it is ready. */
  readonly now?: { readonly waitingFor: string; readonly seconds: number };
  /** From its creation to ready; absent when it is not. */
  readonly readyAfterSeconds?: number;
  readonly cost: {
    /** US dollars an hour of what is on the lease, at list prices; absent when nothing is paid for, or no price is known. */
    readonly usdPerHour?: number;
    /** US dollars of all nodes on record, at list prices. */
    readonly usdSoFar: number;
  };
}

/** A step on the way: the condition that ends it, and what it is called when it has, and while it lasts. */
type Step = readonly [type: string, done: string, open: string];

const PLANNED: readonly Step[] = [[conditionTypes.planned, 'planned', 'a plan']];
const CHECKED: readonly Step[] = [[conditionTypes.dataChecked, 'data looked at', 'a look at the data']];
const NODES: readonly Step[] = [
  [conditionTypes.nodeClaimReady, 'nodes joined and ready', 'the nodes'],
  [conditionTypes.resourceReady, 'GPUs visible', 'the GPUs to show'],
];
const SERVING: readonly Step[] = [[conditionTypes.inferenceReady, 'model ready', 'the model']];
const TUNING: readonly Step[] = [
  [conditionTypes.jobStarted, 'training started', 'the training to start'],
  [conditionTypes.workspaceSucceeded, 'training succeeded', 'the training'],
];

/** Reads from a Workspace which phase took how long and what it costs. Pure: `now` is milliseconds since the epoch. */
export function timelineOf(workspace: Workspace, now: number): Timeline {
  const { metadata, status = {} } = workspace;
  const { conditions = [], attempts = [] } = status;
  const created = metadata.creationTimestamp ?? new Date(now).toISOString();
  const tuning = workspace.tuning !== undefined;
  const steps = [...PLANNED, ...(tuning ? CHECKED : []), ...NODES, ...(tuning ? TUNING : SERVING)];
  const reached = steps.flatMap(([type, done]) => {
    const condition = getCondition(conditions, type);
    return condition?.status === 'True' ? [{ at: condition.lastTransitionTime, what: done }] : [];
  });
  const onTheWay: Happening[] = [{ at: created, what: 'created' }];
  for (const step of reached.toSorted(byTime)) {
    const before = onTheWay.at(-1)?.at ?? created;
    onTheWay.push({ ...step, tookSeconds: secondsBetween(before, step.at) });
  }
  const isOpen = ([type]: Step) => getCondition(conditions, type)?.status !== 'True';
  // A look at the data that could not be taken, or that nobody takes, is not waited for any more once there is a node.
  // The nodes of a tuning that has succeeded are gone, and nobody misses them.
  const ended = tuning && getCondition(conditions, conditionTypes.workspaceSucceeded)?.status === 'True';
  const isWaitedFor = (step: Step) =>
    !ended && isOpen(step) && !(step[0] === conditionTypes.dataChecked && attempts.length > 0);
  const open = steps.find(isWaitedFor);
  const log = new AttemptLog(attempts, now);
  const rates = log.open.map(({ paid, usdPerHour }) => (paid === undefined ? 0 : Number(usdPerHour ?? 0)));
  const usdPerHour = rates.reduce((sum, rate) => sum + rate, 0);
  const last = onTheWay.at(-1)?.at ?? created;
  return {
    happenings: [...onTheWay, ...attempts.flatMap(happeningsOf)].toSorted(byTime),
    ...(open === undefined
      ? { readyAfterSeconds: secondsBetween(created, last) }
      : { now: { waitingFor: open[2], seconds: secondsBetween(sinceOf(conditions, open, last), now) } }),
    cost: { ...(usdPerHour > 0 ? { usdPerHour: cents(usdPerHour) } : {}), usdSoFar: cents(log.spent()) },
  };
}

function happeningsOf(attempt: NodeAttempt): readonly Happening[] {
  const { claim, asked, paid, ended, reason, message } = attempt;
  const why = message ?? reason;
  return [
    { at: asked, what: `node ${claim} asked for: ${offerText(attempt)}` },
    ...(paid === undefined ? [] : [{ at: paid, what: `node ${claim} runs and is paid for` }]),
    ...(ended === undefined
      ? []
      : [{ at: ended, what: `node ${claim} given back${why === undefined ? '' : `: ${why}`}` }]),
  ];
}

/** A condition that was True before turned at its own time; else the wait began with the step before. */
function sinceOf(conditions: readonly Condition[], [type]: Step, before: string): string {
  const at = getCondition(conditions, type)?.lastTransitionTime;
  return at !== undefined && at > before ? at : before;
}

function byTime(a: { readonly at: string }, b: { readonly at: string }): number {
  return Date.parse(a.at) - Date.parse(b.at);
}

function secondsBetween(from: string, until: string | number): number {
  const end = typeof until === 'number' ? until : Date.parse(until);
  return Math.max(0, Math.round((end - Date.parse(from)) / 1000));
}

function cents(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}
