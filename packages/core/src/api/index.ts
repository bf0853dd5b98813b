/** The API of Kaito: Workspaces as resource classes, their names and conditions, and what may be said in one. */
export type { AdmissionPolicy } from './admission-policy.js';
export { TUNING_METHODS } from './check-tuning.js';
export { type ConditionType, conditionReasons, conditionTypes } from './conditions.js';
export { checkDataUrl, whyPrivate } from './data-url.js';
export { API_GROUP, annotations, isReservedLabel, labels, PERFORMANCE_MODES, WORKSPACE_FINALIZER } from './names.js';
export { isWorkspace, WORKSPACE_API_VERSIONS, WORKSPACES, workspaceFrom } from './resources.js';
export { admitWorkspace } from './validate-workspace.js';
export { warmUpAdmission } from './warm-up-admission.js';
export * from './workspace.js';
