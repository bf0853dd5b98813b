import type { PlannedNodes } from './plan.js';

/** A NodeSelectorTerm of core/v1. */
export interface NodeTerm {
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: 'In';
    readonly values: readonly string[];
  }[];
  readonly matchFields?: readonly {
    readonly key: string;
    readonly operator: 'In';
    readonly values: readonly string[];
  }[];
}

/**
 * The nodes that the pods of a Plan may run on, as terms of a node affinity of which one must hold: those that are got for the Workspace,
 * and of the nodes that are preferred those that it has taken. Each of the latter is a term of its own, for `matchFields` takes one name.
 * Empty: anywhere.
 */
export function nodeTerms({ selector, preferred }: PlannedNodes): readonly NodeTerm[] {
  const expressions = matching(selector);
  const got = expressions.length === 0 ? [] : [{ matchExpressions: expressions }];
  if (preferred === undefined || got.length === 0) return got;
  const taken = matching(preferred.selector);
  // Where all nodes are of that kind, one rule is enough.
  if (JSON.stringify(taken) === JSON.stringify(expressions)) return got;
  const named = preferred.names.map((name) => ({
    matchExpressions: taken,
    matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [name] }],
  }));
  return [...got, ...named];
}

function matching(labels: Readonly<Record<string, string>>): NodeTerm['matchExpressions'] {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, operator: 'In', values: [value] }));
}
