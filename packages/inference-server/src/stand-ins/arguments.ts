/** What a value of an option must be. `count` is vLLM's integer with an optional unit, `8k` or `8K`. */
export type ValueKind = 'text' | 'int' | 'float' | 'count' | 'json';

/** One option of a command, as Python's argparse would have it. */
export interface Option {
  /** All spellings, the long one first. */
  readonly names: readonly string[];
  /** How many values follow: none, one, all up to the next option, or, where nobody looked it up, one unless an option comes next. */
  readonly takes: 'none' | 'one' | 'many' | 'maybe';
  readonly kind?: ValueKind;
  readonly choices?: readonly string[];
  /** Given several times, all values count; otherwise the last one wins. */
  readonly repeatable?: boolean;
  /** `--no-x` turns it off. */
  readonly negatable?: boolean;
}

/** What was found in the arguments. */
export type Arguments =
  | {
      readonly kind: 'read';
      /** By the first name of the option. */
      readonly values: ReadonlyMap<string, readonly string[]>;
      readonly positionals: readonly string[];
      /** Options that nobody knows, with what follows them unless it is an option again. */
      readonly unrecognized: readonly string[];
    }
  | { readonly kind: 'error'; readonly message: string };

/**
 * Reads arguments in the way of Python's argparse, whose messages it gives. Abbreviated options are not read: what a program renders
 * has no reason to abbreviate.
 *
 * @param stopAtPositional everything from the first word that is no option on is positional, as with `nargs=REMAINDER`
 */
export function readArguments(
  options: readonly Option[],
  words: readonly string[],
  settings: { readonly maxPositionals?: number; readonly stopAtPositional?: boolean } = {},
): Arguments {
  const byName = new Map(options.flatMap((option) => option.names.map((name) => [name, option] as const)));
  const values = new Map<string, readonly string[]>();
  const positionals: string[] = [];
  const unrecognized: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!isOption(word)) {
      if (settings.stopAtPositional) {
        positionals.push(...words.slice(i));
        break;
      }
      (positionals.length < (settings.maxPositionals ?? Number.POSITIVE_INFINITY) ? positionals : unrecognized).push(
        word,
      );
      continue;
    }
    const equals = word.indexOf('=');
    const given = equals < 0 ? word : word.slice(0, equals);
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    // Dashes and underscores are the same to all the programs that are imitated here.
    const name = given.startsWith('--') ? `--${given.slice(2).replaceAll('_', '-')}` : given;
    const option = byName.get(name) ?? negated(byName, name);
    if (!option) {
      unrecognized.push(word);
      continue;
    }
    const label = `argument ${option.names.join('/')}`;
    const found: string[] = [];
    if (option.takes === 'none') {
      if (inline !== undefined) return { kind: 'error', message: `${label}: ignored explicit argument '${inline}'` };
      found.push(String(byName.has(name)));
    } else {
      if (inline !== undefined) found.push(inline);
      while (
        inline === undefined &&
        i + 1 < words.length &&
        !isOption(words[i + 1] ?? '') &&
        (option.takes === 'many' || found.length === 0)
      )
        found.push(words[++i] ?? '');
      if (found.length === 0 && option.takes !== 'maybe')
        return {
          kind: 'error',
          message: `${label}: expected ${option.takes === 'many' ? 'at least one argument' : 'one argument'}`,
        };
      for (const value of found) {
        const wrong = valueError(option, value);
        if (wrong !== undefined) return { kind: 'error', message: `${label}: ${wrong}` };
      }
    }
    const key = option.names[0] ?? name;
    values.set(key, option.repeatable ? [...(values.get(key) ?? []), ...found] : found);
  }
  return { kind: 'read', values, positionals, unrecognized };
}

/** A negative number is a value to argparse as long as no option looks like one. */
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-') && !/^-\d+(\.\d+)?$/.test(word);
}

function negated(byName: ReadonlyMap<string, Option>, name: string): Option | undefined {
  const option = name.startsWith('--no-') ? byName.get(`--${name.slice('--no-'.length)}`) : undefined;
  return option?.negatable ? option : undefined;
}

const readers: Readonly<Record<ValueKind, { readonly type: string; accepts(value: string): boolean }>> = {
  text: { type: 'str', accepts: () => true },
  int: { type: 'int', accepts: (value) => /^[+-]?\d+$/.test(value.trim()) },
  float: { type: 'float', accepts: (value) => value.trim() !== '' && Number.isFinite(Number(value)) },
  count: { type: 'human_readable_int', accepts: (value) => /^(auto|[+-]?\d+(\.\d+)?[kKmMgGtT]?)$/.test(value.trim()) },
  json: { type: 'loads', accepts: isJson },
};

function valueError({ kind = 'text', choices }: Option, value: string): string | undefined {
  const reader = readers[kind];
  if (!reader.accepts(value)) return `invalid ${reader.type} value: '${value}'`;
  if (choices !== undefined && !choices.includes(value))
    return `invalid choice: '${value}' (choose from ${choices.map((choice) => `'${choice}'`).join(', ')})`;
  return undefined;
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
