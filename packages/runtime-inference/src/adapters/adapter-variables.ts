import type { PlannedAdapter } from '@kaito-sdk/core';

/** The strengths as KAITO's servers, and ours, read them: a variable named as the adapter. */
export function adapterVariables(
  items: readonly PlannedAdapter[],
): readonly { readonly name: string; readonly value: string }[] {
  return items.filter(hasVariable).map(({ name, strength }) => ({ name, value: String(strength) }));
}

/** Not every name can be that of a variable (servers before 1.34 refuse a digit in front): such an adapter is weighed when it is loaded. */
export function hasVariable({ name }: PlannedAdapter): boolean {
  return !/^\d/.test(name);
}
