import type { PlannedNodes } from '../plan/plan.js';
import type { ProvisioningFailure } from '../plugin/node-provisioner.js';

/** What a node has reached; each stage but the last has a deadline. `asked` is written down before the claim is made. */
export const STAGES = ['asked', 'requested', 'launched', 'joined', 'visible', 'running', 'ready'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * Why an attempt came to nothing: the provisioner's own kinds, and those that only the lease knows. `vanished`: the claim was taken back by
 * somebody else. `deadline`: a stage took too long. `workload`: the node was good and nothing came to run on it. `no-plugin`: nothing in
 * the cluster makes such devices visible.
 */
export type AttemptFailure = ProvisioningFailure | 'vanished' | 'deadline' | 'workload' | 'no-plugin';

/** One claim, from the asking to its end: the lease of a node, and afterwards the memory of it. Kept in `status.attempts`. */
export interface NodeAttempt {
  readonly claim: string;
  readonly instanceType: string;
  readonly capacityType: 'on-demand' | 'spot';
  readonly zone?: string;
  /** The node, where one that was there already was taken: it costs nothing, and what becomes of it says nothing of the offer. */
  readonly node?: string;
  /** `metadata.generation` of the Workspace that asked. */
  readonly generation: number;
  readonly stage: Stage;
  /** The furthest stage, where it was set back from it. */
  readonly furthest?: Stage;
  /** RFC 3339, as all times here: since when it is in this stage. */
  readonly since: string;
  readonly asked: string;
  /** Since when it costs money. */
  readonly paid?: string;
  /** When it was given up or given back; absent while it is on the lease. */
  readonly ended?: string;
  /** List price in US dollars, decimal. */
  readonly usdPerHour?: string;
  readonly failure?: AttemptFailure;
  readonly reason?: string;
  readonly message?: string;
}

/** Where a node comes from. Failures are remembered for each of these. */
export type NodeOffer = Pick<NodeAttempt, 'instanceType' | 'capacityType' | 'zone'>;

export function offerOf({ instanceType, capacityType, zone }: PlannedNodes | NodeOffer): NodeOffer {
  return { instanceType, capacityType, ...(zone === undefined ? {} : { zone }) };
}

export function sameOffer(a: NodeOffer, b: NodeOffer): boolean {
  return a.instanceType === b.instanceType && a.capacityType === b.capacityType && a.zone === b.zone;
}

/** `TYPE, spot, in ZONE`. */
export function offerText({ instanceType, capacityType, zone }: NodeOffer): string {
  return [
    instanceType,
    ...(capacityType === 'spot' ? ['spot'] : []),
    ...(zone === undefined ? [] : [`in ${zone}`]),
  ].join(', ');
}

export function isOpen(attempt: NodeAttempt): boolean {
  return attempt.ended === undefined;
}

/** Whether a stage is at least the other. */
export function reached(stage: Stage, atLeast: Stage): boolean {
  return STAGES.indexOf(stage) >= STAGES.indexOf(atLeast);
}

/** How far it has ever come. */
export function furthest({ stage, furthest = stage }: NodeAttempt): Stage {
  return furthest;
}

/** Whole seconds, as `metav1.Time` has them. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
