/** The conditions of a Workspace. Their names are KAITO's (v0.3 and head), except `Planned`, `DataChecked` and `Reconciled`, which are ours. */
export const conditionTypes = {
  /** It fits, and what it will cost is known. Nothing is paid for before this is `True`. */
  planned: 'Planned',
  /** What the user brought to a tuning was looked at, before a node is asked for. */
  dataChecked: 'DataChecked',
  /** The nodes that were asked for exist and joined the cluster. */
  nodeClaimReady: 'NodeClaimReady',
  /** The nodes show their GPUs. */
  resourceReady: 'ResourceReady',
  /** The model answers. */
  inferenceReady: 'InferenceReady',
  /** The tuning job runs or has run. */
  jobStarted: 'JobStarted',
  /** Everything that was asked for is there. KAITO v0.2 to v0.3.0. */
  workspaceReady: 'WorkspaceReady',
  /** The same as `WorkspaceReady` for inference; for tuning, that the job succeeded. KAITO v0.3.1 on. */
  workspaceSucceeded: 'WorkspaceSucceeded',
  /** There, and `False`, only while every pass of the operator fails: why, and since when. It says nothing about the others. */
  reconciled: 'Reconciled',
  /** The Workspace is on its way out. */
  workspaceDeleting: 'WorkspaceDeleting',
} as const;

/** The type of one of our conditions. */
export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];

/** Reasons of the conditions, as KAITO writes them. Reasons of `Planned=False` are the codes of an infeasible plan, or `invalid`. */
export const conditionReasons = {
  /** `Planned` is `True`. */
  feasible: 'Feasible',
  /** `Planned` is `False`: the Workspace breaks a rule of its own API. */
  invalid: 'Invalid',

  dataChecked: 'DataChecked',

  nodeClaimsReady: 'NodeClaimsReady',
  nodeClaimNotReady: 'NodeClaimNotReady',

  resourceReady: 'workspaceResourceStatusSuccess',
  resourceNotReady: 'workspaceResourceStatusNotReady',
  resourceFailed: 'workspaceResourceStatusFailed',

  inferenceReady: 'WorkspaceInferenceStatusSuccess',
  inferencePending: 'WorkspaceInferenceStatusPending',
  inferenceFailed: 'WorkspaceInferenceStatusFailed',

  jobStarted: 'WorkspaceTuningJobStatusStarted',
  jobPending: 'WorkspaceTuningJobStatusPending',
  jobFailed: 'WorkspaceTuningJobStatusFailed',

  workspaceReady: 'workspaceReady',
  workspaceSucceeded: 'workspaceSucceeded',
  workspacePending: 'workspacePending',
  workspaceFailed: 'workspaceFailed',
  workspaceDeleted: 'workspaceDeleted',
} as const;
