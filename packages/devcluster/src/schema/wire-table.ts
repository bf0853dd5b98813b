import { wireTypes } from './wire-types.js';

/** One field of a protobuf message. */
export interface WireField {
  /** Its name in JSON; undefined where the fields of its message stand in the object around it. */
  readonly name: string | undefined;
  /** In the notation of `wire-types.ts`. */
  readonly type: string;
  /** Whether zero is a value; otherwise Go leaves it out of JSON. */
  readonly keepsZero: boolean;
}

let lines: ReadonlyMap<string, string> | undefined;
const parsed = new Map<string, ReadonlyMap<number, WireField>>();

/** The fields of a message such as `core.v1.Pod` by their numbers; undefined where there is no such message. */
export function wireMessage(name: string): ReadonlyMap<number, WireField> | undefined {
  let fields = parsed.get(name);
  if (fields === undefined) {
    const text = line(name);
    if (text === undefined) return undefined;
    fields = new Map(text === '' ? [] : text.split('; ').map(parseField));
    parsed.set(name, fields);
  }
  return fields;
}

/** The width of an integer field of a built-in type; undefined for what is no integer. */
export function integerFormat(type: string, field: string): 'int32' | 'int64' | undefined {
  for (const { name, type: spelled } of wireMessage(type)?.values() ?? []) {
    if (name !== field) continue;
    const element = spelled.replace(/^(\[\]|\{\}|L)/, '');
    return element === 'i' ? 'int32' : element === 'l' ? 'int64' : undefined;
  }
  return undefined;
}

function line(name: string): string | undefined {
  lines ??= new Map(
    wireTypes.split('\n').flatMap((text) => {
      const colon = text.indexOf(':');
      return colon < 0 ? [] : [[text.slice(0, colon), text.slice(colon + 1).trim()] as const];
    }),
  );
  return lines.get(name);
}

function parseField(text: string): [number, WireField] {
  const [number = '', name = '', type = ''] = text.split(' ');
  const keepsZero = name.endsWith('!');
  return [Number(number), { name: name === '^' ? undefined : name.replace('!', ''), type, keepsZero }];
}
