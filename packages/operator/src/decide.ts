import {
  admissionPolicyOf,
  admitWorkspace,
  type Catalogs,
  type FieldError,
  formatFieldErrors,
  type Infeasible,
  type Plan,
  plan,
  type Workspace,
} from '@kaito-sdk/core';

/** What breaks a rule of the API, told like any other refusal, and error by error for programs. */
export interface Invalid extends Infeasible {
  readonly errors: readonly FieldError[];
}

/**
 * What the operator would decide: whether it is a Workspace at all, then whether it fits and on what. `found` is what is wrong with how it is
 * written, which an operator never sees: the server has refused or dropped it before.
 */
export function decide(
  workspace: Workspace,
  catalogs: Catalogs,
  found: readonly FieldError[] = [],
): Plan | Infeasible | Invalid {
  const errors = [...found, ...admitWorkspace(workspace, undefined, admissionPolicyOf(catalogs))];
  const [first] = errors;
  if (!first) return plan(workspace, catalogs);
  const others = errors.length > 1 ? ` And ${errors.length - 1} more.` : '';
  return {
    feasible: false,
    code: 'InvalidWorkspace',
    field: first.field,
    message: `${formatFieldErrors([first]).replace(/[.?]?$/, (end) => end || '.')}${others}`,
    remedy: 'Put right what each error names.',
    rejected: [],
    errors,
  };
}
