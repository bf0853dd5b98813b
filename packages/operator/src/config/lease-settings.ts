import { Field, type LeasePolicy } from '@kaito-sdk/core';

const MILLISECONDS = { type: 'number', exclusiveMin: 0, optional: true } as const;

/** `leases` of the configuration: what of {@link LeasePolicy} is not to be its default. */
export class LeaseSettings implements Partial<LeasePolicy> {
  @Field({ ...MILLISECONDS, description: 'From asking to a machine that runs, in milliseconds. 20 minutes.' })
  readonly launchMs?: number;

  @Field({ ...MILLISECONDS, description: 'From there to a node of the cluster. 15 minutes.' })
  readonly joinMs?: number;

  @Field({ ...MILLISECONDS, description: 'From there to its GPUs being allocatable. 20 minutes.' })
  readonly devicesMs?: number;

  @Field({ ...MILLISECONDS, description: 'From there to a running pod: scheduling and image pull. 30 minutes.' })
  readonly runningMs?: number;

  @Field({
    ...MILLISECONDS,
    description:
      "From there to a ready model. 60 minutes, and never less than one and a half times the engine's own limit.",
  })
  readonly readyMs?: number;

  @Field({
    ...MILLISECONDS,
    description: 'How long an offer is passed over after its first failure; each further one doubles it. 5 minutes.',
  })
  readonly backoffMs?: number;

  @Field({ ...MILLISECONDS, description: 'The longest that an offer is passed over. 1 hour.' })
  readonly longestBackoffMs?: number;

  @Field({ ...MILLISECONDS, description: 'After which a failure counts no more. 6 hours.' })
  readonly memoryMs?: number;

  @Field({
    type: 'number',
    exclusiveMin: 0,
    optional: true,
    description: 'Claims for each planned node in any hour, whatever the ladder says. 4.',
  })
  readonly claimsPerNodeAndHour?: number;

  @Field({
    type: 'number',
    exclusiveMin: 0,
    optional: true,
    description: 'US dollars that one Workspace may cost in any hour, by list price. No limit.',
  })
  readonly usdPerHour?: number;

  @Field({ ...MILLISECONDS, description: 'How often nodes without an owner are looked for. 30 minutes.' })
  readonly leakHuntMs?: number;

  @Field({ ...MILLISECONDS, description: "A claim younger than this is nobody's leak yet. 2 minutes." })
  readonly leakGraceMs?: number;
}
