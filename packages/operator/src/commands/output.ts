import { stringify } from 'yaml';
import { UsageError } from '../usage-error.js';
import type { CommandIo } from './command.js';

/** In what form a command answers. */
export type Output = 'table' | 'json' | 'yaml';

/** The value of `--output`. */
export function outputOf(given: string | undefined): Output {
  const output = given ?? 'table';
  if (output === 'table' || output === 'json' || output === 'yaml') return output;
  throw new UsageError(`--output takes table, json or yaml, not "${output}"`);
}

/** Prints a value for programs, or the lines for people. */
export function print(io: CommandIo, output: Output, value: unknown, lines: () => readonly string[]): void {
  if (output === 'json') io.out(`${JSON.stringify(value, undefined, 2)}\n`);
  // No anchors and no folded lines: other readers of YAML are simpler, and people search with grep.
  else if (output === 'yaml') io.out(stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 }));
  else io.out(`${lines().join('\n')}\n`);
}

/** Rows as a table: the columns as wide as they must be, nothing at the end of a line. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
