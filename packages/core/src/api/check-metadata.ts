import type { ObjectMeta } from '../kube/objects.js';
import { type FieldError, itemOf } from '../resource/field-error.js';
import { checkServiceName } from './kubernetes-names.js';
import { annotations, PERFORMANCE_MODES } from './names.js';

/** Annotations that only ever have certain values. What `kaito.sh/runtime` may say depends on the plugins, so it is not among them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  [annotations.performanceMode]: PERFORMANCE_MODES,
  [annotations.useLocalWeights]: ['true', 'false'],
};

/** The name and the annotations of a Workspace. */
export function checkMetadata(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  // Without a name the server makes one from generateName, and asks again.
  if (typeof metadata.name === 'string') errors.push(...checkServiceName('metadata.name', metadata.name));
  for (const [key, allowed] of Object.entries(VALUES)) {
    const value = metadata.annotations?.[key];
    if (value === undefined || allowed.includes(value)) continue;
    const message = `must be one of ${allowed.map((each) => JSON.stringify(each)).join(', ')}; leave it out for the default`;
    errors.push({ field: itemOf('metadata.annotations', key), reason: 'NotSupported', value, message });
  }
  return errors;
}
