import { Field } from '@kaito-sdk/core';

/** One of `models`: a model of a hub, sized by its own config.json. */
export class HubModelSettings {
  @Field({ type: 'string', minLength: 1, description: 'What Workspaces write in preset.name.' })
  readonly name!: string;

  @Field({ type: 'string', minLength: 1, description: 'Repository on the hub: org/model.' })
  readonly repository!: string;

  @Field({ type: 'string', optional: true, description: 'Commit of the repository; a branch is refused.' })
  readonly revision?: string;

  @Field({ type: 'string', minLength: 1, description: "The model's own config.json, a path relative to this file." })
  readonly config!: string;

  @Field({
    type: 'number',
    exclusiveMin: 0,
    optional: true,
    description: 'Size of all weight files together, in bytes. Computed from the architecture when left out.',
  })
  readonly weightBytes?: number;

  @Field({ type: 'string', optional: true, description: 'SPDX id of the licence.' })
  readonly licence?: string;

  @Field({ type: 'boolean', optional: true, description: 'Whether the hub gives it out against a token only.' })
  readonly gated?: boolean;
}
