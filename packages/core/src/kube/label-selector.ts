/** Whether an object's labels match. */
export type LabelMatcher = (labels: Readonly<Record<string, string>> | undefined) => boolean;

const setBased = /^(!?)([^\s!=,()]+)(?:\s+(in|notin)\s+\(([^)]*)\))?$/;
const equality = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;

/** Selects what carries all these labels: `a=b,c=d`. */
export function labelSelectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/**
 * Compiles a label selector as the API server writes it: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws on what it cannot
 * read, naming the part.
 */
export function labelMatcher(selector: string | undefined): LabelMatcher {
  if (selector === undefined || selector.trim() === '') return () => true;
  const rules = selector.split(/,(?![^(]*\))/).map((part) => rule(part.trim(), selector));
  return (labels = {}) => rules.every((matches) => matches(labels));
}

function rule(part: string, selector: string): (labels: Readonly<Record<string, string>>) => boolean {
  const equal = equality.exec(part);
  if (equal !== null) {
    const [, key = '', operator, value = ''] = equal;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const set = setBased.exec(part);
  if (set === null) throw new Error(`cannot read '${part}' in the label selector '${selector}'`);
  const [, not, key = '', operator, list = ''] = set;
  if (operator === undefined) return (labels) => (labels[key] === undefined) === (not === '!');
  const values = new Set(list.split(',').map((value) => value.trim()));
  return (labels) => {
    const value = labels[key];
    return operator === 'in' ? value !== undefined && values.has(value) : value === undefined || !values.has(value);
  };
}
