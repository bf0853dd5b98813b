import type { Plan, PlannedTuning, Workspace } from '@kaito-sdk/core';

/** What an operator allows pods to do; settings of the plugin. */
export interface PodPolicy {
  /** @default false */
  readonly privateDataUrls?: boolean;
  /** @default false */
  readonly plainHttpRegistries?: boolean;
  /** A mirror of the model hub. */
  readonly hubEndpoint?: string;
}

/** All that a tuning's objects are made from. */
export interface Rendering {
  readonly plan: Plan;
  readonly tuning: PlannedTuning;
  readonly workspace: Workspace;
  readonly policy: PodPolicy;
}
