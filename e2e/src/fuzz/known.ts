import type { Difference } from './difference.js';
import type { Step } from './episode.js';

/** A difference that is understood and left as it is. */
export interface Known {
  readonly because: string;
  matches(plural: string, step: Step, difference: Difference): boolean;
}

const isApply = (step: Step): boolean => step.contentType === 'application/apply-patch+yaml';

/** Each with its reason, which `docs/reference/devcluster.md` repeats. */
export const known: readonly Known[] = [
  {
    because:
      'an apply that lets go of the last fields of `rollingUpdate` and asks for Recreate is refused, since the emptied struct stays',
    matches: (plural, step) =>
      plural === 'deployments' && isApply(step) && JSON.stringify(step.body).includes('"strategy":{"type":"Recreate"}'),
  },
  {
    because:
      'a status of a Service that does not exist is created by PUT, and a 500 to apply: an accident not worth copying',
    matches: (plural, step) => plural === 'services' && step.path.includes('/status') && step.method !== 'GET',
  },
  {
    because: 'pod templates whose containers use one port twice get no warning',
    matches: (plural, _step, { at, real }) =>
      plural === 'deployments' && at === '.warning' && String(real).includes('duplicate port'),
  },
  {
    because: 'an apply that owns nothing but an empty struct is entered without a time',
    matches: (plural, step, { at, real, ours }) =>
      plural === 'leases' &&
      isApply(step) &&
      at.startsWith('.body.metadata.managedFields') &&
      String(real).replace(',"time":"*"', '') === ours,
  },
  {
    because:
      'a custom resource applied with an empty list or map in its metadata, or with a status, gets a new revision once from the next write that changes nothing',
    matches: (plural, _step, { at, real }) =>
      plural === 'widgets' && at === '.body.metadata.resourceVersion' && real === 'new',
  },
  {
    because: 'what was going before its first apply has its deletionTimestamp entered as owned',
    matches: (_plural, _step, { at, real, ours }) =>
      at.startsWith('.body.metadata.managedFields') &&
      [real, ours].some((entry) => String(entry).includes('before-first-apply')),
  },
];
