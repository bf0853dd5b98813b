import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { at } from '../store/json.js';

/** Reads the value that a field selector compares with; the empty string for what is not there. */
export type FieldReader = (object: KubeObject) => string;

/** Whether an object is meant. */
export type FieldMatch = (object: KubeObject) => boolean;

/** One comparison of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A reader of the value under a path of keys. */
export function fieldAt(...path: readonly string[]): FieldReader {
  return (object) => {
    const value = at(object, ...path);
    return value === undefined || value === null ? '' : String(value);
  };
}

const common: Readonly<Record<string, FieldReader>> = {
  'metadata.name': fieldAt('metadata', 'name'),
  'metadata.namespace': fieldAt('metadata', 'namespace'),
};

/** `metadata.name=a,status.phase!=Running` as terms. `\,`, `\=` and `\\` stand for themselves. */
export function fieldTerms(text: string | undefined): readonly FieldTerm[] {
  if (text === undefined || text === '') return [];
  const terms: FieldTerm[] = [];
  for (const part of splitUnescaped(text)) {
    if (part === '') continue;
    const found = /^((?:[^=!\\]|\\.)*)(==|=|!=)((?:[^\\]|\\.)*)$/.exec(part);
    if (!found) throw ApiError.badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = '', operator, value = ''] = found;
    terms.push({ field, operator: operator === '!=' ? '!=' : '=', value: value.replace(/\\(.)/g, '$1') });
  }
  return terms;
}

/** Turns terms into a test. `readers` are the fields this kind offers besides name and namespace; any other field is a 400. */
export function fieldMatch(
  terms: readonly FieldTerm[],
  readers: Readonly<Record<string, FieldReader>>,
): FieldMatch | undefined {
  if (terms.length === 0) return undefined;
  const hasOwn = Object.keys(readers).length > 0;
  const tests = terms.map(({ field, operator, value }) => {
    const read = common[field] ?? readers[field];
    if (read === undefined) {
      throw ApiError.badRequest(
        hasOwn
          ? `field label not supported: ${field}`
          : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
      );
    }
    return (object: KubeObject) => (read(object) === value) === (operator === '=');
  });
  return (object) => tests.every((test) => test(object));
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === ',') {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
