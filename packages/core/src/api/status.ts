import type { Condition } from '../kube/objects.js';
import type { Infeasible, Plan } from '../plan/plan.js';
import { Conditions, Embedded, Field } from '../resource/index.js';

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

  @Embedded('plan', { optional: true, description: 'What is done for this Workspace, or why nothing can be.' })
  plan?: Plan | Infeasible;
}
