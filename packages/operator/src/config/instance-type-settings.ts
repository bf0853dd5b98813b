import { Field } from '@kaito-sdk/core';

const DAY = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';

/** The GPUs of a machine. */
class GpuSettings {
  @Field({ type: 'string', enum: ['nvidia', 'amd'], optional: true, description: 'Who made them.' })
  readonly vendor?: 'nvidia' | 'amd';

  @Field({ type: 'string', minLength: 1, optional: true, description: 'Model, as its maker calls it: NVIDIA A100.' })
  readonly model?: string;

  @Field({ type: 'integer', min: 1, optional: true, description: 'How many.' })
  readonly count?: number;

  @Field({ type: 'number', exclusiveMin: 0, optional: true, description: 'Memory of one, in GiB.' })
  readonly memoryGiB?: number;

  @Field({ type: 'number', exclusiveMin: 0, optional: true, description: 'CUDA compute capability: 8.' })
  readonly computeCapability?: number;
}

/** What a machine costs. */
class PriceSettings {
  @Field({ type: 'number', exclusiveMin: 0, description: 'US dollars an hour, on demand.' })
  readonly usdPerHour!: number;

  @Field({ type: 'string', minLength: 1, description: 'Where that is the price.' })
  readonly region!: string;

  @Field({ type: 'string', pattern: DAY, description: 'When it was: YYYY-MM-DD.' })
  readonly asOf!: string;
}

/** One of `instanceTypes`: a machine that no catalog has, or what differs from a catalog. */
export class InstanceTypeSettings {
  @Field({ type: 'string', minLength: 1, description: 'As Workspaces spell it in resource.instanceType.' })
  readonly name!: string;

  @Field({
    type: () => GpuSettings,
    optional: true,
    description: 'A machine that no catalog has needs model and memoryGiB.',
  })
  readonly gpu?: GpuSettings;

  @Field({
    type: 'number',
    exclusiveMin: 0,
    optional: true,
    description: 'Disk that images and weights may take, in GiB.',
  })
  readonly diskGiB?: number;

  @Field({ type: () => PriceSettings, optional: true, description: 'List price.' })
  readonly price?: PriceSettings;

  @Field({
    type: 'string',
    pattern: `^$|${DAY}`,
    optional: true,
    description: 'Day of its retirement, YYYY-MM-DD; empty takes the retirement of a catalog back.',
  })
  readonly retiredOn?: string;
}
