import { admitWorkspace } from '../api/validate-workspace.js';
import { blocked, done } from '../engine/outcome.js';
import { formatFieldErrors } from '../resource/field-error.js';
import type { Phase } from './workspace-context.js';

/** The rules that need nothing but the Workspace. The webhook says the same; this holds where there is none. */
export const admit: Phase = async ({ workspace, status }) => {
  const errors = admitWorkspace(workspace);
  if (errors.length === 0) return done;
  const message = formatFieldErrors(errors);
  status.condition('Planned', 'False', 'Invalid', message);
  return blocked('Invalid', message);
};
