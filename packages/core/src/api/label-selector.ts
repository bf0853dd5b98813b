import { Field, Rule } from '../resource/index.js';

/** One entry of `matchExpressions`. */
export class LabelSelectorRequirement {
  @Field({ type: 'string' })
  key!: string;

  @Field({ type: 'string', description: 'In, for nodes.' })
  operator!: string;

  @Field({ items: 'string', listType: 'atomic', optional: true })
  values?: string[];
}

/** `metav1.LabelSelector`, for nodes: of `matchExpressions` only `In` with a single value has a meaning, since a node is made with its labels. */
@Rule(
  '(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)',
  'give at least one label of your own, such as apps: my-model; the nodes are made with it and found by it',
  { fieldPath: '.matchLabels', reason: 'Required' },
)
export class LabelSelector {
  @Field({ values: 'string', optional: true, description: 'Labels that the nodes carry, such as apps: my-model.' })
  matchLabels?: Record<string, string>;

  @Field({
    items: () => LabelSelectorRequirement,
    listType: 'atomic',
    optional: true,
    description: 'The same in more words: operator In with a single value for each label.',
  })
  matchExpressions?: unknown[];
}

/**
 * The labels that nodes of this selector carry: `matchLabels`, and the entries of `matchExpressions` that say `In` with one value
 * (KAITO v0.3 reads both). Expressions that say anything else are not in it; admission refuses them.
 */
export function nodeLabelsOf(selector: LabelSelector | undefined): Readonly<Record<string, string>> {
  const labels: Record<string, string> = { ...selector?.matchLabels };
  for (const entry of selector?.matchExpressions ?? []) {
    const label = singleLabel(entry);
    if (label !== undefined) labels[label[0]] = label[1];
  }
  return labels;
}

/** Key and value of an expression that means exactly one label; undefined for every other. */
export function singleLabel(expression: unknown): readonly [key: string, value: string] | undefined {
  const { key, operator, values } = (expression ?? {}) as Partial<LabelSelectorRequirement>;
  const value = Array.isArray(values) && values.length === 1 ? values[0] : undefined;
  return typeof key === 'string' && operator === 'In' && typeof value === 'string' ? [key, value] : undefined;
}
