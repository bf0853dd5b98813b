import type { Condition } from '../kube/objects.js';
import type { Infeasible, Plan } from '../plan/plan.js';
import { Conditions, Embedded, Field } from '../resource/index.js';
import type { AttemptFailure, Stage } from '../workspace/node-attempt.js';

/** One measurement. */
export class PerformanceMetric {
  @Field({ type: 'string', optional: true })
  description?: string;

  @Field({ type: 'string', optional: true, description: 'The figure, as text.' })
  value?: string;

  @Field({ type: 'string', optional: true })
  unit?: string;

  @Embedded('map of settings', { optional: true, description: 'What it was measured with.' })
  config?: Record<string, unknown>;
}

/** Measurements by their name, `peakTokensPerMinute` for one (KAITO head). */
export class PerformanceStatus {
  @Field({ values: { type: () => PerformanceMetric }, optional: true })
  metrics?: Record<string, PerformanceMetric>;
}

/** One node that was asked for: while it is on the lease how far it has come, afterwards why it was given up. */
export class NodeAttemptStatus {
  @Field({ type: 'string', description: 'Name of the claim.' })
  claim!: string;

  @Field({ type: 'string', description: 'Size of the machine, as the cloud spells it.' })
  instanceType!: string;

  @Field({ enum: ['on-demand', 'spot'] })
  capacityType!: 'on-demand' | 'spot';

  @Field({ type: 'string', optional: true })
  zone?: string;

  @Field({ type: 'string', optional: true, description: 'The node, where one of preferredNodes was taken.' })
  node?: string;

  @Field({ type: 'integer', format: 'int64', description: 'Generation of the Workspace that asked.' })
  generation!: number;

  @Field({ type: 'string', description: 'asked, requested, launched, joined, visible, running or ready.' })
  stage!: Stage;

  @Field({ type: 'string', optional: true, description: 'The furthest stage, where it was set back from it.' })
  furthest?: Stage;

  @Field({ type: 'string', format: 'date-time', description: 'Since when it is in this stage.' })
  since!: string;

  @Field({ type: 'string', format: 'date-time', description: 'When it was asked for.' })
  asked!: string;

  @Field({ type: 'string', format: 'date-time', optional: true, description: 'Since when it costs money.' })
  paid?: string;

  @Field({ type: 'string', format: 'date-time', optional: true, description: 'When it was given up or given back.' })
  ended?: string;

  @Field({ type: 'string', optional: true, description: 'List price in US dollars an hour.' })
  usdPerHour?: string;

  @Field({ type: 'string', optional: true, description: 'Kind of the failure that ended it.' })
  failure?: AttemptFailure;

  @Field({ type: 'string', optional: true })
  reason?: string;

  @Field({ type: 'string', optional: true })
  message?: string;
}

/** An adapter as it came into the pods. */
export class AdapterStatus {
  @Field({ type: 'string' })
  name!: string;

  @Field({ type: 'string', optional: true, description: 'The image, as the Workspace names it.' })
  image?: string;

  @Field({ items: 'string', optional: true, description: 'The secrets with which it was to be pulled.' })
  pullSecrets?: string[];

  @Field({ type: 'string', optional: true, description: 'Digest of the image that is served.' })
  digest?: string;

  @Field({ type: 'string', optional: true, description: 'Who fetched it, and with which credentials.' })
  fetchedBy?: string;

  @Field({ items: 'string', optional: true, description: 'Who was turned away by the registry.' })
  refused?: string[];
}

/** Of an engine that takes other adapters while it runs: what it was last known to serve. */
export class LiveAdaptersStatus {
  @Field({ type: 'string', optional: true, description: 'The pod that was looked at, by its uid.' })
  pod?: string;

  @Field({ type: 'string', optional: true, description: 'Fingerprint of the adapters that it serves.' })
  fingerprint?: string;

  @Field({
    type: 'string',
    optional: true,
    description: 'Image of an engine that refused to take other adapters: with it, a change of them makes new pods.',
  })
  refusedBy?: string;
}

/** How the tuning of a Workspace goes. Runs are named by a hash of what was asked for. */
export class TuningStatus {
  @Field({ type: 'string', optional: true, description: 'The run whose data was looked at and found good.' })
  checked?: string;

  @Field({ type: 'string', optional: true, description: 'The run that has ended.' })
  ended?: string;

  @Field({ enum: ['Succeeded', 'Failed'], optional: true, description: 'How that run ended.' })
  outcome?: 'Succeeded' | 'Failed';

  @Field({ type: 'string', format: 'date-time', optional: true, description: 'When it ended.' })
  finished?: string;

  @Field({
    type: 'string',
    optional: true,
    description: 'The adapter of the last run that succeeded: the image, with its digest.',
  })
  image?: string;

  @Field({ type: 'string', optional: true, description: 'Why the run failed, in one word.' })
  reason?: string;

  @Field({ type: 'string', optional: true })
  message?: string;
}

/** What is known about a Workspace. Written by the operator only. */
export class WorkspaceStatus {
  @Field({ items: 'string', optional: true, description: 'The nodes that run the workload, sorted by name.' })
  workerNodes?: string[];

  @Conditions('What is true of the Workspace now.')
  conditions?: Condition[];

  @Field({
    type: 'string',
    optional: true,
    description: 'Pending, Ready or NotReady for inference; Pending, Running, Succeeded or Failed for tuning.',
  })
  state?: string;

  @Field({ type: 'integer', format: 'int32', optional: true, description: 'Number of nodes that the plan asks for.' })
  targetNodeCount?: number;

  @Field({ type: () => PerformanceStatus, optional: true, description: 'What the model was measured to do.' })
  performance?: PerformanceStatus;

  @Field({
    items: () => NodeAttemptStatus,
    optional: true,
    description: 'Nodes on the lease, and the failures that are remembered.',
  })
  attempts?: NodeAttemptStatus[];

  @Field({ items: () => AdapterStatus, optional: true, description: 'The adapters, and how they came into the pods.' })
  adapters?: AdapterStatus[];

  @Field({
    type: () => LiveAdaptersStatus,
    optional: true,
    description: 'What a running engine was last known to serve of the adapters.',
  })
  liveAdapters?: LiveAdaptersStatus;

  @Field({
    values: 'string',
    optional: true,
    description: 'Of adapters that tuning Workspaces make: the image that is served, by the name of the adapter.',
  })
  tunedAdapters?: Record<string, string>;

  @Field({ type: () => TuningStatus, optional: true, description: 'How the tuning goes.' })
  tuning?: TuningStatus;

  @Embedded('plan', {
    optional: true,
    // One writer makes it as a whole. The server would else keep, and merge at each write, who wrote which of its sixty fields.
    mapType: 'atomic',
    description: 'What is done for this Workspace, or why nothing can be.',
  })
  plan?: Plan | Infeasible;
}
