import { isDeepStrictEqual } from 'node:util';
import { exceeded } from '../resource/bounds.js';
import { type FieldError, validate, withDefaults } from '../resource/index.js';
import type { AdmissionPolicy } from './admission-policy.js';
import { checkInference } from './check-inference.js';
import { checkMetadata } from './check-metadata.js';
import { checkResource } from './check-resource.js';
import { checkTuning, checkTuningResource } from './check-tuning.js';
import { checkUpdate } from './check-update.js';
import { Workspace } from './workspace.js';

/** A template of pods, the largest part that a Workspace has, is 15 levels deep and has a few hundred values. */
const BOUNDS = { depth: 64, values: 20_000 };

/** More than anybody reads. Each is compared with each of the stored object's. */
const MOST_ERRORS = 100;

/**
 * Everything that is wrong with a Workspace by the rules of its API alone: the schema and the rules of the CRD, and what those cannot say.
 * Pure and quick, so that the webhook, the controller and `kaito plan` all ask the same. Whether the model, the machine and the runtime exist
 * and fit is the planner's to say.
 *
 * With `old`, the change is judged: parts that must not change, and only those errors that the change brought. A Workspace that
 * was accepted before stays editable, whatever rules came since; one that is being deleted may always be changed, or its
 * finalizers could never go.
 *
 * @returns no errors when it may be admitted. Never throws, whatever is passed.
 */
export function admitWorkspace(workspace: unknown, old?: unknown, policy: AdmissionPolicy = {}): FieldError[] {
  if (isBeingDeleted(workspace)) return [];
  const tooLarge = exceeded(workspace, BOUNDS);
  // One that was stored in spite of it can be made smaller, and is then judged by itself.
  const hugeBefore = exceeded(old, BOUNDS) !== undefined;
  if (tooLarge) return hugeBefore ? [] : [tooLarge];
  if (hugeBefore) return errorsOf(workspace, undefined, policy);
  const now = errorsOf(workspace, old, policy).slice(0, MOST_ERRORS);
  if (old === undefined || now.length === 0) return now;
  const before = errorsOf(old, undefined, policy);
  return now.filter((error) => !before.some((known) => isDeepStrictEqual(known, error)));
}

function isBeingDeleted(workspace: unknown): boolean {
  const metadata = (workspace as Partial<Workspace> | null | undefined)?.metadata;
  return typeof metadata?.deletionTimestamp === 'string';
}

function errorsOf(object: unknown, old: unknown, policy: AdmissionPolicy): FieldError[] {
  const refused = validate(Workspace, object, { old });
  const errors = [...refused];
  /** Parts that the schema refused are left out: the checks may then rely on the types of all others. */
  const sound = (part: string): boolean =>
    !refused.some(
      ({ field }) => field === '' || field === part || field.startsWith(`${part}.`) || field.startsWith(`${part}[`),
    );
  if (!sound('')) return errors;

  const workspace = withDefaults(Workspace, object) as Workspace;
  const { metadata, resource, inference, tuning } = workspace;
  if (typeof metadata === 'object' && metadata !== null) errors.push(...checkMetadata(metadata));
  if (sound('resource')) {
    errors.push(...checkResource('resource', resource, policy));
    if (tuning !== undefined) errors.push(...checkTuningResource('resource', resource));
  }
  if (inference !== undefined && sound('inference')) errors.push(...checkInference('inference', inference, policy));
  if (tuning !== undefined && sound('tuning')) errors.push(...checkTuning('tuning', tuning, policy));
  if (isWorkspaceLike(old)) errors.push(...checkUpdate(workspace, withDefaults(Workspace, old)));
  return errors;
}

function isWorkspaceLike(old: unknown): old is Workspace {
  return (
    typeof old === 'object' && old !== null && validate(Workspace, old).every(({ reason }) => reason !== 'TypeInvalid')
  );
}
