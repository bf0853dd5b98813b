import { type FieldError, fieldOf } from '../resource/field-error.js';
import type { AdmissionPolicy } from './admission-policy.js';
import { checkDataDestination, checkDataSource, isSet } from './check-data.js';
import { checkPreset } from './check-inference.js';
import { checkObjectName } from './kubernetes-names.js';
import type { ResourceSpec } from './resource-spec.js';
import type { TuningSpec } from './tuning-spec.js';

/** The ways of tuning; compared without regard to case. */
export const TUNING_METHODS: readonly string[] = ['lora', 'qlora'];

/** What can be said about `tuning` without knowing which models there are. */
export function checkTuning(field: string, tuning: TuningSpec, policy: AdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  if (tuning.preset === undefined) {
    errors.push({
      field: fieldOf(field, 'preset'),
      reason: 'Required',
      message: 'name the model to tune in tuning.preset.name',
    });
  } else errors.push(...checkPreset(fieldOf(field, 'preset'), tuning.preset));
  errors.push(...checkMethod(fieldOf(field, 'method'), tuning.method));
  if (isSet(tuning.config)) errors.push(...checkObjectName(fieldOf(field, 'config'), tuning.config));
  // The schema asks for both; here they are missing only when it refused them.
  if (tuning.input !== undefined) errors.push(...checkDataSource(fieldOf(field, 'input'), tuning.input, policy));
  if (tuning.output !== undefined)
    errors.push(...checkDataDestination(fieldOf(field, 'output'), tuning.output, policy));
  return errors;
}

/** What tuning asks of the machines: one node, with whole GPUs. */
export function checkTuningResource(field: string, resource: ResourceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (resource.count !== undefined && resource.count > 1) {
    const message = 'must be 1, because tuning runs on one node: leave it out, or take a larger instance type';
    errors.push({ field: fieldOf(field, 'count'), reason: 'Invalid', value: resource.count, message });
  }
  if (resource.partition !== undefined) {
    const message = 'tuning takes whole GPUs: remove it';
    errors.push({ field: fieldOf(field, 'partition'), reason: 'Forbidden', message });
  }
  return errors;
}

function checkMethod(field: string, method: string | undefined): FieldError[] {
  if (!isSet(method) || method === undefined)
    return [{ field, reason: 'Required', message: `say ${TUNING_METHODS.join(' or ')}` }];
  if (TUNING_METHODS.includes(method.toLowerCase())) return [];
  return [{ field, reason: 'NotSupported', value: method, message: `must be ${TUNING_METHODS.join(' or ')}` }];
}
