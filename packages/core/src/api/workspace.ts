import type { ObjectMeta } from '../kube/objects.js';
import { Column, Field, Resource, Rule } from '../resource/index.js';
import { InferenceSpec } from './inference-spec.js';
import { API_GROUP } from './names.js';
import { ResourceSpec } from './resource-spec.js';
import { WorkspaceStatus } from './status.js';
import { TuningSpec } from './tuning-spec.js';

export { DataDestination, DataSource } from './data-source.js';
export { AdapterSpec, AdapterTuning, InferenceSpec } from './inference-spec.js';
export { LabelSelector, LabelSelectorRequirement, nodeLabelsOf } from './label-selector.js';
export { PresetOptions, PresetSpec } from './preset-spec.js';
export { PartitionSpec, ResourceSpec } from './resource-spec.js';
export {
  AdapterStatus,
  LiveAdaptersStatus,
  PerformanceMetric,
  PerformanceStatus,
  TuningStatus,
  WorkspaceStatus,
} from './status.js';
export { TuningSpec } from './tuning-spec.js';

/**
 * A model on GPU nodes: `kaito.sh` Workspace. `resource`, `inference`, `tuning` and `status` are top-level fields; there is no
 * `spec`. Both versions have the same fields, and those of KAITO v0.3 and of its head are all there: what is not served yet is
 * refused by name, where a smaller schema would drop it in silence.
 *
 * Used as the type of plain JSON from the API server: objects are never instances of this class.
 */
@Resource({
  group: API_GROUP,
  versions: [{ name: 'v1beta1', storage: true }, { name: 'v1alpha1' }],
  kind: 'Workspace',
  shortNames: ['wk', 'wks'],
  categories: ['workspace'],
  description: 'A model on GPU nodes: served, or fine-tuned.',
})
@Column('Instance', { path: '.resource.instanceType' })
@Column('ResourceReady', { condition: 'ResourceReady' })
@Column('InferenceReady', { condition: 'InferenceReady' })
@Column('WorkspaceReady', { condition: 'WorkspaceReady' })
@Column('Age', { path: '.metadata.creationTimestamp', type: 'date' })
@Column('JobStarted', { condition: 'JobStarted', wide: true })
@Column('WorkspaceSucceeded', { condition: 'WorkspaceSucceeded', wide: true })
@Column('Nodes', { path: '.status.workerNodes[*]', wide: true })
@Column('State', { path: '.status.state', wide: true })
@Column('Price', {
  path: '.status.plan.nodes.price.usdPerHour',
  type: 'number',
  wide: true,
  description: 'List price of all nodes together, in US dollars an hour.',
})
@Rule(
  'has(self.inference) || has(self.tuning)',
  'exactly one of inference and tuning must be set and neither is: name a model in inference.preset.name to serve it, or in tuning.preset.name to tune it',
  { fieldPath: '.inference', reason: 'Required' },
)
@Rule(
  '!(has(self.inference) && has(self.tuning))',
  'exactly one of inference and tuning must be set and both are: remove one, or put each into a Workspace of its own',
  { fieldPath: '.tuning', reason: 'Forbidden' },
)
@Rule(
  'has(oldSelf.tuning) || !has(self.tuning) || has(self.inference)',
  'a Workspace for inference cannot become one for tuning: delete the Workspace and apply it again, or give the new one another name',
  { fieldPath: '.tuning', reason: 'Forbidden' },
)
@Rule(
  'has(oldSelf.inference) || !has(self.inference) || has(self.tuning)',
  'a Workspace for tuning cannot become one for inference: delete the Workspace and apply it again, or give the new one another name',
  { fieldPath: '.inference', reason: 'Forbidden' },
)
export class Workspace {
  [field: string]: unknown;
  apiVersion!: string;
  kind!: string;
  metadata!: ObjectMeta;

  @Field({ type: () => ResourceSpec, description: 'The nodes to run on: labelSelector.matchLabels and instanceType.' })
  resource!: ResourceSpec;

  @Field({ type: () => InferenceSpec, optional: true, description: 'Serves a model.' })
  inference?: InferenceSpec;

  @Field({ type: () => TuningSpec, optional: true, description: 'Fine-tunes a model.' })
  tuning?: TuningSpec;

  @Field({ type: () => WorkspaceStatus, optional: true, description: 'Written by the operator.' })
  status?: WorkspaceStatus;
}
