import { type FieldError, fieldOf, itemOf } from '../resource/field-error.js';
import type { AdmissionPolicy } from './admission-policy.js';
import { isSet } from './check-data.js';
import { checkLabel } from './kubernetes-names.js';
import { type LabelSelector, singleLabel } from './label-selector.js';
import { isClusterLabel, isReservedLabel, MIG_PROFILES } from './names.js';
import type { PartitionSpec, ResourceAlternative, ResourceSpec } from './resource-spec.js';

/** What can be said about `resource` without knowing which machines there are. */
export function checkResource(field: string, resource: ResourceSpec, policy: AdmissionPolicy = {}): FieldError[] {
  return [
    ...checkSelector(fieldOf(field, 'labelSelector'), resource.labelSelector, policy),
    ...checkAlternatives(fieldOf(field, 'alternatives'), resource),
    ...(resource.partition === undefined
      ? []
      : checkPartition(fieldOf(field, 'partition'), resource.partition, resource.instanceType)),
  ];
}

/** A rung that repeats an earlier one can never be reached, and a part of a GPU is had on existing nodes, which nobody asks for. */
function checkAlternatives(field: string, resource: ResourceSpec): FieldError[] {
  const { alternatives = [], partition } = resource;
  if (alternatives.length > 0 && partition !== undefined) {
    const message = 'a part of a GPU can be had on existing nodes only: remove it, or remove resource.partition';
    return [{ field, reason: 'Forbidden', message }];
  }
  const seen = new Set(isSet(resource.instanceType) ? [rungKey({ instanceType: resource.instanceType })] : []);
  return alternatives.flatMap((rung, index) => {
    const key = rungKey(rung);
    const repeated = seen.has(key);
    seen.add(key);
    const message = 'an earlier step says the same, so this one is never reached: remove it';
    return repeated ? [{ field: itemOf(field, index), reason: 'Duplicate' as const, message }] : [];
  });
}

function rungKey({ instanceType, zones, capacityType, provisioner }: ResourceAlternative): string {
  return JSON.stringify([instanceType?.toLowerCase(), zones ?? [], capacityType ?? 'on-demand', provisioner]);
}

/** Nodes are made with these labels, so a label must be one that a node can carry, and none of the operator's own. */
function checkSelector(field: string, selector: LabelSelector, policy: AdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    errors.push(...checkNodeLabel(itemOf(fieldOf(field, 'matchLabels'), key), key, value, policy));
  }
  (selector.matchExpressions ?? []).forEach((expression, index) => {
    const at = itemOf(fieldOf(field, 'matchExpressions'), index);
    const label = singleLabel(expression);
    if (label !== undefined) errors.push(...checkNodeLabel(at, ...label, policy));
    else {
      const message =
        'must say In with a single value, because nodes are made with these labels: write it as key: value under matchLabels';
      errors.push({ field: at, reason: 'Invalid', message });
    }
  });
  return errors;
}

function checkNodeLabel(field: string, key: string, value: string, policy: AdmissionPolicy): FieldError[] {
  if (!isReservedLabel(key)) {
    if (policy.nodeLabels === 'find' || !isClusterLabel(key)) return checkLabel(field, key, value);
    const message =
      'the node would be made with this label, which tells the cluster what a node is and where it stands: use a label of your own, and resource.alternatives to choose a zone';
    return [{ field, reason: 'Forbidden', value, message }];
  }
  const message =
    'the operator sets this label itself, to tell whose node it is: remove it and use a label of your own';
  return [{ field, reason: 'Forbidden', value, message }];
}

function checkPartition(field: string, partition: PartitionSpec, instanceType: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (isSet(instanceType)) {
    const message = 'a part of a GPU can be had on existing nodes only: remove it, or remove resource.instanceType';
    errors.push({ field, reason: 'Forbidden', message });
  }
  const [needed, other] = partition.mode === 'mig' ? (['profile', 'count'] as const) : (['count', 'profile'] as const);
  if (!isSet(partition[needed]))
    errors.push({ field: fieldOf(field, needed), reason: 'Required', message: `mode ${partition.mode} needs it` });
  const { profile } = partition;
  if (partition.mode === 'mig' && isSet(profile) && !MIG_PROFILES.includes(profile ?? '')) {
    const message = `must be a slice that some GPU has, such as ${MIG_PROFILES.slice(0, 3).join(', ')} or ${MIG_PROFILES.at(-1)}`;
    errors.push({ field: fieldOf(field, 'profile'), reason: 'NotSupported', value: profile, message });
  }
  if (isSet(partition[other])) {
    const message = `mode ${partition.mode} takes ${needed} instead: remove it`;
    errors.push({ field: fieldOf(field, other), reason: 'Forbidden', message });
  }
  return errors;
}
