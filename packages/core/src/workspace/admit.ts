import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { admitWorkspace } from '../api/validate-workspace.js';
import { blocked, done } from '../engine/outcome.js';
import { admissionPolicyOf } from '../plan/admission.js';
import { formatFieldErrors } from '../resource/field-error.js';
import type { Phase } from './workspace-context.js';

/** The rules that need nothing but the Workspace. The webhook says the same; this holds where there is none. */
export const admit: Phase = async ({ workspace, status, catalogs }) => {
  const errors = admitWorkspace(workspace, undefined, admissionPolicyOf(catalogs));
  if (errors.length === 0) return done;
  const message = formatFieldErrors(errors);
  status.condition(conditionTypes.planned, 'False', conditionReasons.invalid, message);
  return blocked(conditionReasons.invalid, message);
};
