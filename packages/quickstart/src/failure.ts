/** The run failed for a reason that a person can read; exit code 1, no stack. */
export class QuickstartFailure extends Error {}
