import { Embedded, Field } from '../resource/index.js';

/** Where data comes from: exactly one of `urls`, `volumeSource` and `image`. */
export class DataSource {
  @Field({ type: 'string', optional: true, description: 'Name of the data, a DNS name. Adapters need one.' })
  name?: string;

  @Field({ items: 'string', optional: true, description: 'Public http or https addresses of the files.' })
  urls?: string[];

  @Embedded('VolumeSource of core/v1', { optional: true, description: 'The volume that holds the data.' })
  volumeSource?: Record<string, unknown>;

  @Field({ type: 'string', optional: true, description: 'The image that holds the data, under /data.' })
  image?: string;

  @Field({
    items: 'string',
    optional: true,
    description: 'Secrets of this namespace for pulling the image.',
  })
  imagePullSecrets?: string[];
}

/** Where results go: exactly one of `volumeSource` and `image`. */
export class DataDestination {
  @Embedded('VolumeSource of core/v1', { optional: true, description: 'The volume that takes the results.' })
  volumeSource?: Record<string, unknown>;

  @Field({ type: 'string', optional: true, description: 'The image that the results are pushed as.' })
  image?: string;

  @Field({
    type: 'string',
    optional: true,
    description: 'Secret of this namespace for pushing the image; needed with it.',
  })
  imagePushSecret?: string;
}
