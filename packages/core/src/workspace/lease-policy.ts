const MINUTE = 60_000;

/**
 * How long a node may stay in each stage, how long a failure is remembered, and what a Workspace may spend. Times are milliseconds.
 * The defaults leave twice the time of a slow cold start: KAITO's own trace has 410 s to the node, 101 s for the image, 352 s to the model.
 */
export interface LeasePolicy {
  /** From asking to a machine that runs. @default 20 minutes */
  readonly launchMs: number;
  /** From there to a node of the cluster. @default 15 minutes */
  readonly joinMs: number;
  /** From there to its GPUs being allocatable. @default 20 minutes */
  readonly devicesMs: number;
  /** From there to a running pod: scheduling and image pull. @default 30 minutes */
  readonly runningMs: number;
  /** From there to a ready model. @default 60 minutes; never less than half as long again as the engine's own limit */
  readonly readyMs: number;
  /** How long an offer is passed over after its first failure; each further one within {@link memoryMs} doubles it. @default 5 minutes */
  readonly backoffMs: number;
  /** The longest that it is passed over. @default 1 hour */
  readonly longestBackoffMs: number;
  /** After which a failure counts no more. @default 6 hours */
  readonly memoryMs: number;
  /** Claims for each planned node in any hour, whatever the ladder says. @default 4 */
  readonly claimsPerNodeAndHour: number;
  /** The time in which so many may be made. @default an hour; less where nothing is bought */
  readonly claimsWithinMs?: number;
  /** US dollars that one Workspace may cost in any hour, by list price. @default no limit */
  readonly usdPerHour?: number;
  /** How often nodes without an owner are looked for. @default 30 minutes */
  readonly leakHuntMs: number;
  /** A claim younger than this is nobody's leak yet. @default 2 minutes */
  readonly leakGraceMs: number;
}

export const defaultLeasePolicy: LeasePolicy = {
  launchMs: 20 * MINUTE,
  joinMs: 15 * MINUTE,
  devicesMs: 20 * MINUTE,
  runningMs: 30 * MINUTE,
  readyMs: 60 * MINUTE,
  backoffMs: 5 * MINUTE,
  longestBackoffMs: 60 * MINUTE,
  memoryMs: 360 * MINUTE,
  claimsPerNodeAndHour: 4,
  leakHuntMs: 30 * MINUTE,
  leakGraceMs: 2 * MINUTE,
};

/**
 * The longest that a node which is there, and is free to take, waits for somebody who looked for one in vain. Each look is written down, a ladder's on each
 * rung: Workspaces that wait for weeks would keep the API server busy if they looked every minute.
 */
const LOOK_AGAIN_MS = 10 * MINUTE;

/**
 * The same where nodes are only looked for. Nothing is bought, so the cap on claims only keeps a long ladder from being tried without pause; and
 * a node that a person has just labelled is to be found soon, whatever failed before.
 */
export function whereNothingIsBought(policy: LeasePolicy): LeasePolicy {
  return {
    ...policy,
    backoffMs: Math.min(policy.backoffMs, MINUTE),
    longestBackoffMs: Math.min(policy.longestBackoffMs, LOOK_AGAIN_MS),
    claimsWithinMs: LOOK_AGAIN_MS,
  };
}
