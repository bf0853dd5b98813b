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

/** One of several values for programs, as they come: a line of JSON, or a document of YAML. */
export function printOne(io: CommandIo, output: Exclude<Output, 'table'>, value: unknown): void {
  if (output === 'json') io.out(`${JSON.stringify(value)}\n`);
  else io.out(`---\n${stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 })}`);
}

/** Rows as a table: the columns as wide as they must be, nothing at the end of a line. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all.map((cells) => aligned(cells, widths));
}

/** A table whose rows are not all known when the first is printed: a longer cell makes its column wider from there on. */
export class GrowingTable {
  private readonly widths: number[];
  private headed = false;

  constructor(
    private readonly head: readonly string[],
    /** What the columns have at the least. */
    least: readonly number[],
  ) {
    this.widths = head.map((title, column) => Math.max(title.length, least[column] ?? 0));
  }

  /** Makes room for a row that will come. */
  fit(cells: readonly string[]): void {
    cells.forEach((cell, column) => {
      this.widths[column] = Math.max(this.widths[column] ?? 0, cell.length);
    });
  }

  /** A row with the end of its line; before the first, the head. */
  row(cells: readonly string[]): string {
    this.fit(cells);
    const lines = this.headed ? [cells] : [this.head, cells];
    this.headed = true;
    return lines.map((line) => `${aligned(line, this.widths)}\n`).join('');
  }
}

function aligned(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}
