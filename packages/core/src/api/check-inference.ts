import { type FieldError, fieldOf, itemOf } from '../resource/field-error.js';
import type { AdmissionPolicy } from './admission-policy.js';
import { checkExactlyOne, checkSourceImage, isSet } from './check-data.js';
import { checkPodTemplate, checkVolumeSource } from './check-node-access.js';
import { checkImage } from './image-reference.js';
import type { AdapterSpec, InferenceSpec } from './inference-spec.js';
import { checkObjectName } from './kubernetes-names.js';
import type { PresetSpec } from './preset-spec.js';

/** What can be said about `inference` without knowing which models and runtimes there are. */
export function checkInference(field: string, inference: InferenceSpec, policy: AdmissionPolicy = {}): FieldError[] {
  return [
    ...(policy.nodeAccess === 'allow' ? [] : checkNodeAccess(field, inference)),
    ...(inference.preset === undefined ? [] : checkPreset(fieldOf(field, 'preset'), inference.preset)),
    ...(isSet(inference.config) ? checkObjectName(fieldOf(field, 'config'), inference.config) : []),
    ...checkAdapters(fieldOf(field, 'adapters'), inference.adapters ?? []),
  ];
}

function checkNodeAccess(field: string, { template, adapters = [] }: InferenceSpec): FieldError[] {
  return [
    ...(template === undefined ? [] : checkPodTemplate(fieldOf(field, 'template'), template)),
    ...adapters.flatMap(({ source }, index) =>
      checkVolumeSource(`${itemOf(fieldOf(field, 'adapters'), index)}.source.volumeSource`, source?.volumeSource),
    ),
  ];
}

/** The secrets and the image of a preset; whether the model is known is a question for the catalogs. */
export function checkPreset(field: string, preset: PresetSpec): FieldError[] {
  const options = preset.presetOptions ?? {};
  const at = fieldOf(field, 'presetOptions');
  return [
    ...(isSet(options.image) ? checkImage(fieldOf(at, 'image'), options.image) : []),
    ...(options.imagePullSecrets ?? []).flatMap((name, index) =>
      checkObjectName(itemOf(fieldOf(at, 'imagePullSecrets'), index), name),
    ),
    ...(isSet(options.modelAccessSecret)
      ? checkObjectName(fieldOf(at, 'modelAccessSecret'), options.modelAccessSecret)
      : []),
  ];
}

/** Adapters in full on create too, where KAITO checks them on update only and a missing source crashes it. */
function checkAdapters(field: string, adapters: readonly AdapterSpec[]): FieldError[] {
  const names = new Map<string, number>();
  return adapters.flatMap((adapter, index) => {
    const at = itemOf(field, index);
    const errors = [
      ...checkSource(fieldOf(at, 'source'), adapter),
      ...checkStrength(fieldOf(at, 'strength'), adapter.strength),
    ];
    const name = adapter.source?.name;
    if (!isSet(name) || name === undefined) return errors;
    const before = names.get(name);
    if (before === undefined) names.set(name, index);
    else {
      const message = `adapter ${before} has this name already, and requests choose an adapter by it: rename one`;
      errors.push({ field: fieldOf(fieldOf(at, 'source'), 'name'), reason: 'Duplicate', value: name, message });
    }
    return errors;
  });
}

function checkSource(field: string, { source, tuning }: AdapterSpec): FieldError[] {
  if (source === undefined)
    return [
      {
        field,
        reason: 'Required',
        message: 'say where the adapter comes from: its name, and its image or volumeSource',
      },
    ];
  const errors: FieldError[] = [];
  const name = fieldOf(field, 'name');
  if (isSet(source.name)) errors.push(...checkObjectName(name, source.name));
  else errors.push({ field: name, reason: 'Required', message: 'the adapter is mounted and chosen by it' });
  if (isSet(source.urls)) {
    const message =
      'adapters come from an image or a volume: put the files into an image under /data and name it in image';
    errors.push({ field: fieldOf(field, 'urls'), reason: 'Forbidden', message });
  } else {
    const sources = { ...(source as Record<string, unknown>), tuning };
    errors.push(
      ...checkExactlyOne(field, sources, ['image', 'volumeSource', ...(tuning === undefined ? [] : ['tuning'])]),
    );
  }
  if (tuning !== undefined)
    errors.push(...checkObjectName(`${field.replace(/\.source$/, '')}.tuning.workspace`, tuning.workspace));
  return [...errors, ...checkSourceImage(field, source)];
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function checkStrength(field: string, strength: string | undefined): FieldError[] {
  if (!isSet(strength) || strength === undefined) return [];
  const weight = DECIMAL.test(strength) ? Number(strength) : Number.NaN;
  if (weight >= 0 && weight <= 1) return [];
  return [
    {
      field,
      reason: 'Invalid',
      value: strength,
      message: 'must be a number from 0 to 1 in quotes, such as "0.5"; leave it out for "1.0"',
    },
  ];
}
