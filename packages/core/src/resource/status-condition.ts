import type { Condition } from '../kube/objects.js';
import { Field, ListMap } from './decorators.js';

/** The fields of `metav1.Condition`, for the schema of a status; the bounds are those of the Kubernetes API reference. */
export class StatusCondition implements Condition {
  @Field({
    maxLength: 316,
    pattern:
      '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    description: 'What the condition is about, in CamelCase.',
  })
  readonly type!: string;

  @Field({ enum: ['True', 'False', 'Unknown'] })
  readonly status!: Condition['status'];

  @Field({
    minLength: 1,
    maxLength: 1024,
    pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    description: 'Why it has this status, in one CamelCase word for programs.',
  })
  readonly reason!: string;

  @Field({ maxLength: 32768, description: 'The same for people: what, why, and what happens next.' })
  readonly message!: string;

  @Field({ type: 'string', format: 'date-time', description: 'When the status last moved.' })
  readonly lastTransitionTime!: string;

  @Field({
    type: 'integer',
    format: 'int64',
    min: 0,
    optional: true,
    description: 'The metadata.generation that was looked at.',
  })
  readonly observedGeneration?: number;
}

/**
 * A list of conditions, told apart by their type, so that several writers may each own theirs. A condition is written as a whole
 * (`x-kubernetes-map-type: atomic`): the server need not keep who wrote which word of it, which is six fields for each.
 */
export function Conditions(
  description = 'What is true of this object now.',
): (prototype: object, property: string | symbol) => void {
  return ListMap({ type: () => StatusCondition, mapType: 'atomic' }, 'type', { optional: true, description });
}
