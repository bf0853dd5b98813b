import type { LabelSelector, SelectorTerm } from '../kinds.js';

type Labels = Readonly<Record<string, string>>;

/** Whether a LabelSelector of the API picks these labels. An empty selector picks all, none at all picks nothing. */
export function selects(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  const have = labels ?? {};
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => have[key] === value) &&
    (selector.matchExpressions ?? []).every((term) => holds(term, have))
  );
}

/** Whether one expression holds. `Gt` and `Lt` exist for nodes only and compare whole numbers. */
export function holds({ key, operator, values = [] }: SelectorTerm, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number.parseInt(value, 10) > Number.parseInt(values[0] ?? '', 10);
    case 'Lt':
      return value !== undefined && Number.parseInt(value, 10) < Number.parseInt(values[0] ?? '', 10);
    default:
      return false;
  }
}
