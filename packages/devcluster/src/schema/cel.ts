import { Environment } from '@marcbachmann/cel-js';
import type { Causes } from '../registry/causes.js';
import { isObject, sameJson } from '../store/json.js';
import { writeJson } from '../store/lossless-json.js';
import { formats } from './formats.js';
import { canonicalQuantity, quantityValue } from './quantity.js';
import type { Schema, ValidationRule } from './schema.js';
import { re2 } from './validate.js';

type Evaluate = (context: { self: unknown; oldSelf: unknown }) => unknown;

interface CompiledRule {
  readonly evaluate: Evaluate | undefined;
  readonly message: Evaluate | undefined;
  readonly usesOld: boolean;
  /** Why the rule does not compile. */
  readonly problem: string | undefined;
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
})
  .registerVariable('self', 'dyn')
  .registerVariable('oldSelf', 'dyn')
  .registerFunction('isQuantity(string): bool', (text: string) => canonicalQuantity(text) !== undefined)
  .registerFunction('quantityValue(string): double', (text: string) => quantityValue(text))
  .registerFunction('isURL(string): bool', (text: string) => formats.uri?.(text) ?? false)
  .registerFunction('string.find(string): string', (text: string, pattern: string) => findIn(text, pattern))
  .registerFunction('list.sum(): dyn', (list: unknown[]) => sum(list))
  .registerFunction('list.min(): dyn', (list: unknown[]) => extreme(list, -1))
  .registerFunction('list.max(): dyn', (list: unknown[]) => extreme(list, 1))
  .registerFunction('list.isSorted(): bool', (list: unknown[]) =>
    list.every((item, index) => index === 0 || compare(list[index - 1], item) <= 0),
  );

const compiled = new WeakMap<ValidationRule, CompiledRule>();

/** Compiles a rule once. A rule that does not compile has its `problem` instead of a function; it must be refused, never skipped. */
export function compileRule(_schema: Schema, rule: ValidationRule): CompiledRule {
  let answer = compiled.get(rule);
  if (answer === undefined) {
    answer = compile(rule);
    compiled.set(rule, answer);
  }
  return answer;
}

function compile(rule: ValidationRule): CompiledRule {
  try {
    return {
      evaluate: parse(rule.rule),
      message: rule.messageExpression ? parse(rule.messageExpression) : undefined,
      usesOld: /\boldSelf\b/.test(rule.rule.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '')),
      problem: undefined,
    };
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    return { evaluate: undefined, message: undefined, usesOld: false, problem: line };
  }
}

function parse(text: string): Evaluate {
  const expression = environment.parse(text);
  const { valid, error } = expression.check();
  if (!valid && error !== undefined) throw error;
  return (context) => expression(context);
}

const reasons: Readonly<Record<string, string>> = {
  FieldValueInvalid: 'Invalid value',
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
};

const present = new WeakMap<Schema, boolean>();

/** Whether a schema has any rule, so that objects without one cost nothing. */
export function hasRules(schema: Schema): boolean {
  let answer = present.get(schema);
  if (answer === undefined) {
    answer =
      (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
      Object.values(schema.properties ?? {}).some(hasRules) ||
      (schema.items !== undefined && hasRules(schema.items)) ||
      (isObject(schema.additionalProperties) && hasRules(schema.additionalProperties as Schema));
    present.set(schema, answer);
  }
  return answer;
}

/**
 * Runs the `x-kubernetes-validations` rules of a schema. With `old` (an update), rules that name `oldSelf` run as well, and a rule that fails on a
 * value nobody changed passes (ratcheting). To be called on what passed the schema itself.
 */
export function validateRules(
  schema: Schema,
  value: unknown,
  causes: Causes,
  path = '',
  old?: unknown,
  root = true,
): void {
  if (!hasRules(schema) || value === undefined || value === null) return;
  const unchanged = old !== undefined && sameJson(value, old);
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length > 0 && !(unchanged && !root)) {
    const self = toCel(schema, value, root);
    const oldSelf = old === undefined ? undefined : toCel(schema, old, root);
    for (const rule of rules) runRule(rule, { self, oldSelf }, schema, value, causes, path, old !== undefined);
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) {
      validateRules(items, item, causes, `${path}[${index}]`, matching(schema, item, old), false);
    }
    return;
  }
  if (!isObject(value)) return;
  const before = isObject(old) ? old : undefined;
  for (const key in value) {
    const below =
      schema.properties?.[key] ??
      (isObject(schema.additionalProperties) ? (schema.additionalProperties as Schema) : undefined);
    if (below !== undefined)
      validateRules(below, value[key], causes, path === '' ? key : `${path}.${key}`, before?.[key], false);
  }
}

function runRule(
  rule: ValidationRule,
  context: { self: unknown; oldSelf: unknown },
  schema: Schema,
  value: unknown,
  causes: Causes,
  path: string,
  update: boolean,
): void {
  const { evaluate, message, usesOld, problem } = compileRule(schema, rule);
  const where = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>';
  if (evaluate === undefined) {
    causes.invalid(where, value, `rule compile error: ${problem}`);
    return;
  }
  if (usesOld && !update && rule.optionalOldSelf !== true) return;
  let passed: unknown;
  try {
    passed = evaluate(context);
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    causes.invalid(where, shown(value), `${line} evaluating rule: ${rule.message ?? rule.rule}`);
    return;
  }
  if (passed === true) return;
  let text = rule.message ?? `failed rule: ${rule.rule.trim()}`;
  if (message !== undefined) {
    try {
      const made = message(context);
      if (typeof made === 'string' && made.trim() !== '') text = made.trim();
    } catch {
      // The static message, or the rule itself, stands in for an expression that fails.
    }
  }
  const reason = rule.reason ?? 'FieldValueInvalid';
  if (reason === 'FieldValueInvalid') causes.invalid(where, shown(value), text);
  else if (reason === 'FieldValueDuplicate') causes.add(reason, where, `Duplicate value: ${writeJson(value)}`);
  else causes.add(reason, where, `${reasons[reason] ?? 'Invalid value'}: ${text}`);
}

/** The real server shows only the type of what is not a scalar. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  return isObject(value) ? 'object' : value;
}

function matching(schema: Schema, item: unknown, old: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !Array.isArray(old) || !isObject(item))
    return undefined;
  return old.find((each) => isObject(each) && keys.every((key) => each[key] === item[key]));
}

/** Integers are BigInt in CEL; which numbers are integers only the schema knows. Unknown fields are not visible to rules. */
function toCel(schema: Schema, value: unknown, root = false): unknown {
  if (typeof value === 'bigint') return schema.type === 'number' ? Number(value) : value;
  if (typeof value === 'number') {
    return schema.type === 'number' ? value : Number.isInteger(value) ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item));
  if (!isObject(value)) {
    if (typeof value === 'string' && (schema.format === 'date-time' || schema.format === 'date'))
      return new Date(value);
    return value;
  }
  const out: Record<string, unknown> = {};
  for (const key in value) {
    const below =
      schema.properties?.[key] ??
      (isObject(schema.additionalProperties) ? (schema.additionalProperties as Schema) : undefined);
    const meta = root && (key === 'apiVersion' || key === 'kind' || key === 'metadata');
    if (below === undefined && !meta && schema['x-kubernetes-preserve-unknown-fields'] !== true) continue;
    out[escaped(key)] = meta && key === 'metadata' ? metadataOf(value[key]) : toCel(below ?? {}, value[key]);
  }
  return out;
}

function metadataOf(metadata: unknown): unknown {
  if (!isObject(metadata)) return {};
  const { name, generateName } = metadata;
  return { ...(name === undefined ? {} : { name }), ...(generateName === undefined ? {} : { generateName }) };
}

const keywords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Property names that CEL cannot spell are escaped the way the Kubernetes documentation lays down. */
function escaped(key: string): string {
  if (keywords.has(key)) return `__${key}__`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !key.includes('__')) return key;
  return key
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

function findIn(text: string, pattern: string): string {
  const matcher = re2(pattern).matcher(text);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

function sum(list: readonly unknown[]): unknown {
  return list.reduce<bigint | number>((total, item) => {
    if (typeof item === 'bigint' && typeof total === 'bigint') return total + item;
    return Number(total) + Number(item);
  }, 0n);
}

function extreme(list: readonly unknown[], sign: 1 | -1): unknown {
  if (list.length === 0) throw new Error('min or max of an empty list');
  return list.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best));
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = [a as string, b as string];
  return left < right ? -1 : left > right ? 1 : 0;
}
