import type { Difference } from './difference.js';
import type { Step } from './episode.js';

/** One answer that differs: all its differences, and what was asked before it in the same namespace. */
export interface Mismatch {
  readonly plural: string;
  readonly step: Step;
  readonly earlier: readonly Step[];
  readonly differences: readonly Difference[];
}

/** A difference that is understood and left as it is. */
export interface Known {
  readonly because: string;
  /** Whether this one difference of the mismatch is explained. */
  matches(difference: Difference, mismatch: Mismatch): boolean;
}

const isApply = (step: Step): boolean => step.contentType === 'application/apply-patch+yaml';
const pathOf = (step: Step): string => step.path.split('?')[0] ?? '';
const said = ({ differences }: Mismatch, real: readonly unknown[], ours: readonly unknown[]): boolean =>
  differences.some((each) => each.at === '.status' && real.includes(each.real) && ours.includes(each.ours));
const body = (step: Step): Record<string, unknown> => (step.body ?? {}) as Record<string, unknown>;

/** An empty list or map in the metadata of what is applied, or any status. */
function leavesTrace(step: Step): boolean {
  const { metadata = {}, status } = body(step) as { metadata?: object; status?: unknown };
  const isEmpty = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isApply(step) && (status !== undefined || Object.values(metadata).some(isEmpty));
}

const withoutDeletion = (entry: unknown): string => {
  const bare = String(entry)
    .replaceAll(/"f:deletion(Timestamp|GracePeriodSeconds)":\{\},?/g, '')
    .replaceAll(/"f:metadata":\{\},?/g, '')
    .replaceAll(',}', '}');
  // Nothing else was owned: without it there is no entry.
  return entry === undefined || bare.includes('"fieldsV1":{}') ? '' : bare;
};

/** Each with its reason, which `docs/reference/devcluster.md` repeats. */
export const known: readonly Known[] = [
  {
    because:
      'an apply that lets go of the last fields of `rollingUpdate` and asks for Recreate is refused, since the emptied struct stays',
    matches: (_difference, mismatch) =>
      mismatch.plural === 'deployments' &&
      isApply(mismatch.step) &&
      JSON.stringify(mismatch.step.body).includes('"strategy":{"type":"Recreate"}') &&
      mismatch.earlier.some((step) => isApply(step) && JSON.stringify(step.body).includes('"rollingUpdate"')) &&
      (said(mismatch, [422], [200, 201]) || said(mismatch, [200, 201], [422])),
  },
  {
    because:
      'a status of a Service that does not exist is created by PUT, and a 500 to apply: an accident not worth copying',
    matches: (_difference, mismatch) =>
      mismatch.plural === 'services' &&
      pathOf(mismatch.step).endsWith('/status') &&
      said(mismatch, [mismatch.step.method === 'PUT' ? 201 : 500], [404]),
  },
  {
    because: 'an apply that owns nothing but an empty struct is entered without a time',
    matches: ({ at, real, ours }, { plural, step }) =>
      plural === 'leases' &&
      isApply(step) &&
      at.startsWith('.body.metadata.managedFields') &&
      String(real).includes('"fieldsV1":{"f:spec":{}}') &&
      String(real).replace(',"time":"*"', '') === ours,
  },
  {
    because:
      'a custom resource applied with an empty list or map in its metadata, or with a status, gets a new revision once from the next write that changes nothing',
    matches: ({ at, real, ours }, { plural, step, earlier }) =>
      plural === 'widgets' &&
      at === '.body.metadata.resourceVersion' &&
      real === 'new' &&
      ours === 'same' &&
      earlier.some((each) => leavesTrace(each) && pathOf(step).startsWith(pathOf(each).replace(/\/status$/, ''))),
  },
  {
    because: 'what was going before its first apply has its deletionTimestamp entered as owned',
    matches: ({ at }, { differences }) => {
      if (!at.startsWith('.body.metadata.managedFields')) return false;
      // An entry more on one side moves those after it.
      const entries = (side: 'real' | 'ours'): unknown[] =>
        differences.filter((each) => each.at.startsWith('.body.metadata.managedFields')).flatMap((each) => each[side]);
      const rest = (side: 'real' | 'ours'): string => entries(side).map(withoutDeletion).filter(Boolean).sort().join();
      const concerned = [...entries('real'), ...entries('ours')].some((entry) =>
        String(entry).includes('before-first-apply'),
      );
      return concerned && rest('real') === rest('ours');
    },
  },
];
