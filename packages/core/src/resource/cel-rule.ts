import { Environment } from '@marcbachmann/cel-js';
import type { RuleFact } from './facts.js';
import type { JsonSchema } from './json-schema.js';
import { ResourceClassError } from './resource-class-error.js';

/** A rule, parsed and checked against the schema it stands on. */
export interface CompiledRule {
  readonly fact: RuleFact;
  /** Names `oldSelf`, so it holds for updates only. */
  readonly transition: boolean;
  /** `undefined` when the rule holds, else why not: its message. Both values as {@link celValue} gives them. */
  check(self: unknown, oldSelf: unknown): string | undefined;
}

const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  .registerVariable('self', 'dyn')
  .registerVariable('oldSelf', 'dyn');

/** Parses a rule and refuses what the API server would refuse: a syntax error, a field that the schema lacks, an answer that is not a boolean. */
export function compileRule(fact: RuleFact, schema: JsonSchema, className: string, field: string): CompiledRule {
  const refuse = (problem: string): never => {
    throw new ResourceClassError(className, field, `rule \`${fact.rule}\`: ${problem}`);
  };
  if (fact.message.trim() === '' || fact.message.includes('\n')) refuse('needs a message, on one line');
  const parsed = attempt(() => environment.parse(fact.rule), refuse);
  const checked = parsed.check();
  if (!checked.valid) refuse(firstLine(checked.error));
  if (checked.type !== 'bool' && checked.type !== 'dyn') refuse(`must answer true or false, not ${checked.type}`);

  const seen = new Set<string>();
  const known = new Map<string, JsonSchema | undefined>([
    ['self', schema],
    ['oldSelf', schema],
  ]);
  schemaOfNode(parsed.ast as unknown as Node, known, seen, refuse);

  const transition = seen.has('oldSelf');
  return {
    fact,
    transition,
    check(self, oldSelf) {
      try {
        return parsed({ self, oldSelf }) === true ? undefined : fact.message;
      } catch (error) {
        return `${fact.message} (the rule could not be evaluated: ${firstLine(error)})`;
      }
    },
  };
}

function attempt<T>(action: () => T, refuse: (problem: string) => never): T {
  try {
    return action();
  } catch (error) {
    return refuse(firstLine(error));
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** A node of the parser's syntax tree, as far as it matters here. */
interface Node {
  readonly op: string;
  readonly args: unknown;
}

const isNode = (thing: unknown): thing is Node => typeof thing === 'object' && thing !== null && 'op' in thing;

const COMPREHENSIONS: ReadonlySet<unknown> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** The schema of what a node stands for, where it is a part of the object. Collects the variables, refuses fields that do not exist. */
function schemaOfNode(
  node: Node,
  known: ReadonlyMap<string, JsonSchema | undefined>,
  seen: Set<string>,
  refuse: (problem: string) => never,
): JsonSchema | undefined {
  const below = (thing: unknown): JsonSchema | undefined => {
    if (isNode(thing)) return schemaOfNode(thing, known, seen, refuse);
    if (Array.isArray(thing)) for (const each of thing) below(each);
    return undefined;
  };
  const args = Array.isArray(node.args) ? (node.args as unknown[]) : [node.args];

  if (node.op === 'id') {
    seen.add(String(node.args));
    return known.get(String(node.args));
  }
  if (node.op === '.' || node.op === '.?') {
    const parent = below(args[0]);
    if (parent?.properties === undefined) return parent?.additionalProperties;
    const name = unescapeName(String(args[1]));
    const property = Object.hasOwn(parent.properties, name) ? parent.properties[name] : undefined;
    return property ?? refuse(`there is no field \`${name}\`; it has ${Object.keys(parent.properties).join(', ')}`);
  }
  if (node.op === '[]') {
    const parent = below(args[0]);
    below(args[1]);
    return parent?.items ?? parent?.additionalProperties;
  }
  if (node.op === 'rcall' && COMPREHENSIONS.has(args[0])) {
    const list = below(args[1]);
    const [variable, ...bodies] = Array.isArray(args[2]) ? (args[2] as unknown[]) : [];
    const name = isNode(variable) ? String(variable.args) : '';
    for (const body of bodies)
      if (isNode(body)) schemaOfNode(body, new Map(known).set(name, list?.items), seen, refuse);
    return undefined;
  }
  for (const argument of args) below(argument);
  return undefined;
}

/** Words that CEL keeps for itself; a field of that name is written `__word__` in a rule. */
const RESERVED: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** The name of a field as rules must spell it: `my-field` is `my__dash__field`. */
export function escapeName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

function unescapeName(name: string): string {
  const word = /^__(\w+?)__$/.exec(name)?.[1];
  if (word !== undefined && RESERVED.has(word)) return word;
  return name
    .replaceAll('__slash__', '/')
    .replaceAll('__dash__', '-')
    .replaceAll('__dot__', '.')
    .replaceAll('__underscores__', '__');
}

/**
 * JSON as CEL sees it: integers are integers and not doubles, field names are escaped, and what the schema does not know is not
 * there (the API server does not show it to rules either).
 */
export function celValue(schema: JsonSchema, value: unknown): unknown {
  if (typeof value === 'number') {
    const integer = schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true;
    return integer && Number.isInteger(value) ? BigInt(value) : value;
  }
  const { items, additionalProperties, properties } = schema;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => celValue(items, item));
  if (typeof value !== 'object' || value === null) return value;
  if (additionalProperties !== undefined) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, celValue(additionalProperties, each)]));
  }
  return Object.fromEntries(
    Object.entries(properties ?? {})
      .filter(([name]) => Object.hasOwn(value, name))
      .map(([name, property]) => [escapeName(name), celValue(property, (value as Record<string, unknown>)[name])]),
  );
}
