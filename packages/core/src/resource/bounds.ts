import type { FieldError } from './field-error.js';

/** How large an object may be before it is looked at field by field. */
export interface Bounds {
  /** Levels of objects and lists. */
  readonly depth: number;
  /** Objects, lists and scalars in all. */
  readonly values: number;
}

/**
 * Says when plain JSON is nested too deeply or holds too many values to be walked. The API server takes 10,000 levels and 3 MiB, which is
 * a million values; whatever walks such an object by calling itself ends with an exhausted stack (JSON.stringify of Node 24 at about 4,000
 * levels), and whatever says a word about each value says too much. Itself without recursion.
 */
export function exceeded(object: unknown, bounds: Bounds): FieldError | undefined {
  let values = 0;
  let level: object[] = isTree(object) ? [object] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > bounds.depth)
      return tooMany(`is nested more than ${bounds.depth} levels deep: no such object can be followed`);
    const next: object[] = [];
    for (const tree of level) {
      for (const key in tree) {
        if (++values > bounds.values)
          return tooMany(`holds more than ${bounds.values} values: remove what is not needed`);
        const inner = (tree as Readonly<Record<string, unknown>>)[key];
        if (isTree(inner)) next.push(inner);
      }
    }
    level = next;
  }
  return undefined;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** As errors about whole objects go, a sentence of its own. */
function tooMany(what: string): FieldError {
  return { field: '', reason: 'TooMany', message: `the object ${what}` };
}
