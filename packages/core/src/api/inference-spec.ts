import { Embedded, Field, Rule } from '../resource/index.js';
import { DataSource } from './data-source.js';
import { PresetSpec } from './preset-spec.js';

/** An adapter that a tuning Workspace makes. */
export class AdapterTuning {
  @Field({ type: 'string', description: 'The tuning Workspace of this namespace whose adapter it is.' })
  workspace!: string;

  @Field({
    type: 'boolean',
    optional: true,
    description: 'Whether the adapter of a later run takes the place of this one. Default: the first one stays.',
  })
  follow?: boolean;
}

/** A LoRA adapter. */
export class AdapterSpec {
  @Field({ type: () => DataSource, optional: true, description: 'Where the adapter comes from, and its name.' })
  source?: DataSource;

  @Field({ type: () => AdapterTuning, optional: true, description: 'The tuning that makes it, in place of an image.' })
  tuning?: AdapterTuning;

  @Field({ type: 'string', optional: true, description: 'Weight of the adapter, a number from 0 to 1 in quotes.' })
  strength?: string;
}

/** A model that answers. */
@Rule(
  'has(self.preset) || has(self.template)',
  'exactly one of preset and template must be set and neither is: name a model in inference.preset.name',
  { fieldPath: '.preset', reason: 'Required' },
)
@Rule(
  '!(has(self.preset) && has(self.template))',
  'exactly one of preset and template must be set and both are: remove template to serve the named model, or preset to run your own pods',
  { fieldPath: '.template', reason: 'Forbidden' },
)
export class InferenceSpec {
  @Field({ type: () => PresetSpec, optional: true, description: 'The model, by its name.' })
  preset?: PresetSpec;

  @Embedded('PodTemplateSpec of core/v1', { optional: true, description: 'Pods of your own instead of a preset.' })
  template?: Record<string, unknown>;

  @Field({
    type: 'string',
    optional: true,
    description: 'ConfigMap of this namespace whose key inference_config.yaml configures the engine.',
  })
  config?: string;

  @Field({
    items: () => AdapterSpec,
    maxItems: 10,
    optional: true,
    description: 'LoRA adapters that are laid over the model.',
  })
  adapters?: AdapterSpec[];
}
