import { type FieldError, fieldOf, itemOf } from '../resource/field-error.js';
import type { AdmissionPolicy } from './admission-policy.js';
import { checkVolumeSource } from './check-node-access.js';
import type { DataDestination, DataSource } from './data-source.js';
import { checkDataUrl } from './data-url.js';
import { checkImage } from './image-reference.js';
import { checkObjectName } from './kubernetes-names.js';

/** Training data: exactly one source, and that one usable. */
export function checkDataSource(field: string, source: DataSource, policy: AdmissionPolicy): FieldError[] {
  return [
    ...checkExactlyOne(field, source as Record<string, unknown>, ['urls', 'volumeSource', 'image']),
    ...(source.urls ?? []).flatMap((url, index) =>
      checkDataUrl(itemOf(fieldOf(field, 'urls'), index), url, policy.privateDataUrls ?? 'refuse'),
    ),
    ...(source.name === undefined ? [] : checkObjectName(fieldOf(field, 'name'), source.name)),
    ...checkSourceImage(field, source),
    ...checkVolume(field, source, policy),
  ];
}

function checkVolume(field: string, { volumeSource }: DataSource | DataDestination, policy: AdmissionPolicy) {
  return policy.nodeAccess === 'allow' ? [] : checkVolumeSource(fieldOf(field, 'volumeSource'), volumeSource);
}

/** The image of a source, and the secrets for pulling it. */
export function checkSourceImage(field: string, source: DataSource): FieldError[] {
  return [
    ...(isSet(source.image) ? checkImage(fieldOf(field, 'image'), source.image) : []),
    ...(source.imagePullSecrets ?? []).flatMap((name, index) =>
      checkObjectName(itemOf(fieldOf(field, 'imagePullSecrets'), index), name),
    ),
  ];
}

/** Where results go: exactly one place, and a secret for pushing when it is an image. */
export function checkDataDestination(
  field: string,
  destination: DataDestination,
  policy: AdmissionPolicy = {},
): FieldError[] {
  const errors = [
    ...checkExactlyOne(field, destination as Record<string, unknown>, ['volumeSource', 'image']),
    ...checkVolume(field, destination, policy),
  ];
  if (isSet(destination.image)) {
    errors.push(...checkImage(fieldOf(field, 'image'), destination.image));
    const secret = fieldOf(field, 'imagePushSecret');
    if (isSet(destination.imagePushSecret)) errors.push(...checkObjectName(secret, destination.imagePushSecret));
    else {
      const message =
        'name the Secret of type kubernetes.io/dockerconfigjson in this namespace that may push the image';
      errors.push({ field: secret, reason: 'Required', message });
    }
  }
  return errors;
}

/** Of some fields exactly one must be set. */
export function checkExactlyOne(
  field: string,
  object: Readonly<Record<string, unknown>>,
  names: readonly string[],
): FieldError[] {
  const set = names.filter((name) => isSet(object[name]));
  if (set.length === 1) return [];
  const choice = `exactly one of ${names.slice(0, -1).join(', ')} and ${names.at(-1)} must be set`;
  if (set.length === 0) return [{ field, reason: 'Required', message: choice }];
  return set.slice(1).map((name) => ({
    field: fieldOf(field, name),
    reason: 'Forbidden',
    message: `${choice}, and ${set[0]} is already: remove one of them`,
  }));
}

/** Tools write empty strings, lists and objects for what nobody filled in. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
