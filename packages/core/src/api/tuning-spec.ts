import { Field } from '../resource/index.js';
import { DataDestination, DataSource } from './data-source.js';
import { PresetSpec } from './preset-spec.js';

/** A fine-tuning run: a model, data in, an adapter out. */
export class TuningSpec {
  @Field({ type: () => PresetSpec, optional: true, description: 'The model to tune, by its name.' })
  preset?: PresetSpec;

  @Field({ type: 'string', optional: true, description: 'lora or qlora, in upper or lower case.' })
  method?: string;

  @Field({
    type: 'string',
    optional: true,
    description:
      'ConfigMap of this namespace whose key training_config.yaml configures the run. Default: the one for the method.',
  })
  config?: string;

  @Field({ type: () => DataSource, description: 'The training data: one of urls, volumeSource and image.' })
  input?: DataSource;

  @Field({ type: () => DataDestination, description: 'Where the adapter goes: one of image and volumeSource.' })
  output?: DataDestination;
}
