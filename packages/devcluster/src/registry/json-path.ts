import { isObject } from '../store/json.js';

type Step = (values: readonly unknown[]) => unknown[];

const compiled = new Map<string, readonly Step[]>();

/**
 * The values under a JSON path in the dialect of printer columns: `.spec.x`, `['a.b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`.
 * Throws for a path that cannot be read.
 */
export function jsonPath(path: string, root: unknown): unknown[] {
  let steps = compiled.get(path);
  if (steps === undefined) {
    steps = compile(path);
    compiled.set(path, steps);
  }
  return steps.reduce<unknown[]>((values, step) => step(values), [root]);
}

/** The keys of a plain path such as `.spec.replicas`; undefined where it has anything but names. */
export function plainKeys(path: string): string[] | undefined {
  const text = path.startsWith('.') ? path.slice(1) : path;
  const keys: string[] = [];
  let rest = text;
  while (rest !== '') {
    const found = /^([^.[\]]+)\.?|^\['([^']+)'\]\.?/.exec(rest);
    if (!found) return undefined;
    keys.push(found[1] ?? found[2] ?? '');
    rest = rest.slice(found[0].length);
  }
  return keys;
}

const child =
  (key: string): Step =>
  (values) =>
    values.flatMap((value) => (isObject(value) && value[key] !== undefined ? [value[key]] : []));

function compile(path: string): readonly Step[] {
  const steps: Step[] = [];
  let rest = path.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  if (rest !== '' && !rest.startsWith('.') && !rest.startsWith('[')) rest = `.${rest}`;
  while (rest !== '' && rest !== '.') {
    const found =
      /^\.?\['((?:[^'\\]|\\.)*)'\]/.exec(rest) ??
      /^\.?\["((?:[^"\\]|\\.)*)"\]/.exec(rest) ??
      /^\.((?:\\.|[^.[\]\\*])+)/.exec(rest);
    if (found) {
      steps.push(child((found[1] ?? '').replace(/\\(.)/g, '$1')));
      rest = rest.slice(found[0].length);
      continue;
    }
    const all = /^\.?(\[\*\]|\.\*|\*)/.exec(rest);
    if (all) {
      steps.push((values) =>
        values.flatMap((value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [])),
      );
      rest = rest.slice(all[0].length);
      continue;
    }
    const index = /^\[(-?\d+)\]/.exec(rest);
    if (index) {
      const at = Number(index[1]);
      steps.push((values) =>
        values.flatMap((value) => (Array.isArray(value) && value.at(at) !== undefined ? [value.at(at)] : [])),
      );
      rest = rest.slice(index[0].length);
      continue;
    }
    const filter = /^\[\?\(\s*@\.([\w.-]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|(-?[\w.]+))\s*\)\]/.exec(rest);
    if (filter) {
      const [, inner = '', operator, double, single, bare] = filter;
      const wanted = double ?? single ?? bare ?? '';
      const keys = inner.split('.').map(child);
      steps.push((values) =>
        values.flatMap((value) =>
          (Array.isArray(value) ? value : []).filter((item) => {
            const [read] = keys.reduce<unknown[]>((list, step) => step(list), [item]);
            return (String(read) === wanted) === (operator === '==');
          }),
        ),
      );
      rest = rest.slice(filter[0].length);
      continue;
    }
    throw new SyntaxError(`cannot read the JSON path ${JSON.stringify(path)} from ${JSON.stringify(rest)} on`);
  }
  return steps;
}
