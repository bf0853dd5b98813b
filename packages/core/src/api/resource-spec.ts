import { Field } from '../resource/index.js';
import { LabelSelector } from './label-selector.js';

/** A slice of a node's GPUs (KAITO head). Only for nodes that nobody provisions. */
export class PartitionSpec {
  @Field({ enum: ['mig', 'accelerator'], description: 'mig: one slice of one GPU. accelerator: some whole GPUs.' })
  mode!: string;

  @Field({ type: 'string', optional: true, description: 'Slice profile such as 1g.10gb, for mode mig only.' })
  profile?: string;

  @Field({
    type: 'integer',
    min: 1,
    optional: true,
    description: 'Whole GPUs taken on one node, for mode accelerator only.',
  })
  count?: number;
}

/** One step of the ladder: where the machines may come from when those before it will not do. An addition of this project. */
export class ResourceAlternative {
  @Field({
    type: 'string',
    optional: true,
    minLength: 1,
    description: 'Size of the machines, as the cloud spells it. Left out: the cheapest that fits.',
  })
  instanceType?: string;

  @Field({
    items: { type: 'string', minLength: 1 },
    optional: true,
    maxItems: 10,
    description: 'Zones to try, in this order.',
  })
  zones?: string[];

  @Field({
    enum: ['on-demand', 'spot'],
    optional: true,
    description: 'How the machines are paid for. Left out: on-demand.',
  })
  capacityType?: string;

  @Field({
    type: 'string',
    optional: true,
    minLength: 1,
    description: 'Name of the provisioner to get them from. Left out: the one that the operator has.',
  })
  provisioner?: string;
}

/**
 * The most nodes that one Workspace may ask for; KAITO has no limit. Each node is named, recorded in the status and judged at every look by one
 * process that serves all tenants, and the status of a Workspace is one value of etcd, which by default takes 1.5 MiB.
 */
const MOST_NODES = 1000;

/** The machines of a Workspace. */
export class ResourceSpec {
  @Field({
    type: 'integer',
    min: 1,
    max: MOST_NODES,
    default: 1,
    description: 'Number of GPU nodes, 1000 at most. The planner may say that the model needs more.',
  })
  count?: number;

  /** No default in any version: a machine that nobody named must not be bought. */
  @Field({
    type: 'string',
    optional: true,
    description: 'Size of the machines, as the cloud spells it.',
  })
  instanceType?: string;

  @Field({
    items: () => ResourceAlternative,
    optional: true,
    maxItems: 16,
    description: 'What to take instead, in this order, when instanceType will not do or cannot be had.',
  })
  alternatives?: ResourceAlternative[];

  @Field({
    type: 'number',
    exclusiveMin: 0,
    optional: true,
    description: 'Most US dollars an hour, at list prices, that all machines together may cost.',
  })
  priceLimit?: number;

  @Field({
    type: () => LabelSelector,
    mapType: 'atomic',
    description: 'Labels that the nodes carry: matchLabels with at least one label of your own.',
  })
  labelSelector!: LabelSelector;

  @Field({
    items: 'string',
    optional: true,
    description:
      'Nodes that are there already and carry the labels: those that will do are taken first, and the rest is got. KAITO head ignores it.',
  })
  preferredNodes?: string[];

  @Field({ type: () => PartitionSpec, optional: true, description: 'A part of a GPU, on nodes that exist already.' })
  partition?: PartitionSpec;
}
