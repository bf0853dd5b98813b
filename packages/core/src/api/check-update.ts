import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../resource/field-error.js';
import type { Workspace } from './workspace.js';

/** A part of a Workspace that must stay as it is. Everything that is not listed here rolls out when it changes. */
interface Immutable {
  readonly field: string;
  readonly read: (workspace: Workspace) => unknown;
  /** Why, and what to do. */
  readonly message: string;
}

const ANEW = 'delete the Workspace and apply it again, or apply it under another name';

/** What KAITO holds immutable (v0.3 and head) and cannot be rolled out safely here either. */
const IMMUTABLE: readonly Immutable[] = [
  {
    field: 'resource.labelSelector',
    read: ({ resource }) => resource?.labelSelector,
    message: `cannot be changed, because the nodes carry these labels already: ${ANEW}`,
  },
  {
    field: 'resource.partition',
    read: ({ resource }) => resource?.partition,
    message: `cannot be changed while the workload holds its part of the GPU: ${ANEW}`,
  },
  {
    field: 'tuning.preset.name',
    read: ({ tuning }) => tuning?.preset?.name,
    message: `cannot be changed, because a tuning run cannot switch its model: ${ANEW}`,
  },
  {
    field: 'tuning.method',
    read: ({ tuning }) => (typeof tuning?.method === 'string' ? tuning.method.toLowerCase() : tuning?.method),
    message: `cannot be changed, because a tuning run cannot switch its method: ${ANEW}`,
  },
  {
    field: 'tuning.input.name',
    read: ({ tuning }) => tuning?.input?.name,
    message: `cannot be changed, because the container that fetches the data is called by it: ${ANEW}`,
  },
];

/** The changes that are refused. Both sides must have passed the schema. */
export function checkUpdate(workspace: Workspace, old: Workspace): FieldError[] {
  // A swap between the two is refused as such, by a rule of the CRD; the parts that come and go with it are not worth a word.
  const swapped = (workspace.tuning === undefined) !== (old.tuning === undefined);
  return IMMUTABLE.filter(({ field }) => !(swapped && field.startsWith('tuning.')))
    .filter(({ read }) => !isDeepStrictEqual(read(workspace), read(old)))
    .map(({ field, read, message }) => {
      const value = read(workspace);
      return typeof value === 'string'
        ? { field, reason: 'Invalid', value, message }
        : { field, reason: 'Invalid', message };
    });
}
