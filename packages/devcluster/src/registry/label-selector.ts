import { ApiError } from '../http/api-error.js';
import { asList, asObject } from '../store/json.js';
import { labelValue, qualifiedName } from './names.js';

/** Whether an object with these labels is meant. */
export type LabelMatch = (labels: Readonly<Record<string, string>>) => boolean;

interface Requirement {
  readonly key: string;
  readonly test: (value: string | undefined) => boolean;
}

const everything: LabelMatch = () => true;

/**
 * Reads the text form, `app=web,tier in (a,b),!old,size>3`. `undefined` and `''` mean everything. Throws a 400 that quotes the text.
 */
export function parseLabelSelector(text: string | undefined): LabelMatch {
  if (text === undefined || text.trim() === '') return everything;
  const requirements = splitOutsideParentheses(text).map((part) => requirement(part.trim(), text));
  return (labels) => requirements.every(({ key, test }) => test(labels[key]));
}

/** The object form that workloads carry: `matchLabels` and `matchExpressions`. An empty one means everything. */
export function labelSelectorMatch(selector: unknown): LabelMatch {
  const { matchLabels, matchExpressions } = asObject(selector);
  const requirements: Requirement[] = Object.entries(asObject(matchLabels)).map(([key, wanted]) => ({
    key,
    test: (value) => value === wanted,
  }));
  for (const each of asList(matchExpressions)) {
    const { key, operator, values } = asObject(each);
    const set = new Set(asList(values));
    const tests: Record<string, Requirement['test']> = {
      In: (value) => value !== undefined && set.has(value),
      NotIn: (value) => value === undefined || !set.has(value),
      Exists: (value) => value !== undefined,
      DoesNotExist: (value) => value === undefined,
    };
    requirements.push({ key: String(key), test: tests[String(operator)] ?? (() => false) });
  }
  return (labels) => requirements.every(({ key, test }) => test(labels[key]));
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const mark = text[index];
    if (mark === '(') depth++;
    else if (mark === ')') depth--;
    else if (mark === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function requirement(part: string, whole: string): Requirement {
  const fail = (why: string): never => {
    throw ApiError.badRequest(`unable to parse requirement: ${why} (selector ${JSON.stringify(whole)})`);
  };
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    checkKey(key, fail);
    const values = new Set(list.split(',').map((value) => checkValue(value.trim(), fail)));
    return operator === 'in'
      ? { key, test: (value) => value !== undefined && values.has(value) }
      : { key, test: (value) => value === undefined || !values.has(value) };
  }
  const compare = /^([^\s=!<>]+)\s*(==|=|!=|>|<)\s*(\S*)$/.exec(part);
  if (compare) {
    const [, key = '', operator, wanted = ''] = compare;
    checkKey(key, fail);
    if (operator === '>' || operator === '<') {
      const bound = Number(wanted);
      if (!/^-?\d+$/.test(wanted)) fail(`for 'Gt', 'Lt' operators, the value must be an integer`);
      return {
        key,
        test: (value) =>
          value !== undefined &&
          /^-?\d+$/.test(value) &&
          (operator === '>' ? Number(value) > bound : Number(value) < bound),
      };
    }
    checkValue(wanted, fail);
    return operator === '!=' ? { key, test: (value) => value !== wanted } : { key, test: (value) => value === wanted };
  }
  if (part.startsWith('!')) {
    const key = part.slice(1).trim();
    checkKey(key, fail);
    return { key, test: (value) => value === undefined };
  }
  checkKey(part, fail);
  return { key: part, test: (value) => value !== undefined };
}

function checkKey(key: string, fail: (why: string) => never): void {
  const [problem] = qualifiedName.problems(key);
  if (problem !== undefined) fail(`key: Invalid value: ${JSON.stringify(key)}: ${problem}`);
}

function checkValue(value: string, fail: (why: string) => never): string {
  const [problem] = labelValue.problems(value);
  if (problem !== undefined) fail(`values[0]: Invalid value: ${JSON.stringify(value)}: ${problem}`);
  return value;
}
