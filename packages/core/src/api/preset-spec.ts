import { Field } from '../resource/index.js';

/** Where a model's files come from, when not from the public place. */
export class PresetOptions {
  @Field({ type: 'string', optional: true, description: 'Image of a private model (KAITO v0.3).' })
  image?: string;

  @Field({
    items: 'string',
    optional: true,
    description: 'Secrets of this namespace for pulling that image.',
  })
  imagePullSecrets?: string[];

  @Field({
    type: 'string',
    optional: true,
    description: 'Secret of this namespace whose key HF_TOKEN holds an access token for the model hub.',
  })
  modelAccessSecret?: string;
}

/** A model by its name. */
export class PresetSpec {
  @Field({ type: 'string', minLength: 1, description: 'Name of the model.' })
  name!: string;

  @Field({
    enum: ['public', 'private'],
    optional: true,
    description: 'Where the image of the model comes from. Used by KAITO v0.3, without effect in its head.',
  })
  accessMode?: string;

  @Field({ type: () => PresetOptions, optional: true })
  presetOptions?: PresetOptions;
}
