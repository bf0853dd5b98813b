import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './pages.js';

const HOME = join(ROOT, 'bench');

/** `claim.mjs` beside a bench. */
export interface Claim {
  readonly question: string;
  readonly peer?: string;
  readonly conditions: string;
  /** Its result as a table. */
  rows(result: unknown): readonly Row[];
}

export interface Row {
  readonly what: string;
  readonly unit?: string;
  readonly ours: number | string;
  readonly peer?: number | string;
  readonly goal?: string;
}

/** A file of `bench/results`: the last result, or why there is none. */
export interface Result {
  readonly bench: string;
  readonly never?: string;
  readonly measured?: {
    /** YYYY-MM-DD. */
    readonly on: string;
    readonly machine: string;
    /** What else the machine had to do. */
    readonly load: string;
    readonly runs?: number;
    readonly commit?: string;
    /** `by hand`: taken over from notes, before results were kept. */
    readonly written?: string;
  };
  readonly rows?: readonly Row[];
}

export const benches = (): readonly string[] =>
  readdirSync(HOME)
    .filter((name) => existsSync(join(HOME, name, 'bench.mjs')))
    .sort();

export async function claimOf(bench: string): Promise<Claim | undefined> {
  const file = join(HOME, bench, 'claim.mjs');
  return existsSync(file) ? ((await import(pathToFileURL(file).href)) as Claim) : undefined;
}

export function resultOf(bench: string, folder = join(HOME, 'results')): Result | undefined {
  const file = join(folder, `${bench}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined;
}

const HEAD = `# Benchmarks

Every figure of speed and size that this project claims: the command that measures it, what stood beside it in the same run, and what was found the last
time. Nothing here is asserted by a test; a figure that matters to you is measured best on a machine of yours. Made from \`bench/results\`:

\`\`\`sh
# needs a quiet machine
npm run bench -- NAME --record --load "no other work"
\`\`\`

keeps a new result, and \`UPDATE_GOLDEN=1 npm test -- --grep benchmarks\` writes this page. What a figure is made of, and why some are behind their
goals, stands in [the engine](engine.md#where-it-is-behind) and [devcluster](devcluster.md#semantics).
`;

/** The whole of `docs/reference/benchmarks.md`. */
export async function benchmarksPage(): Promise<string> {
  const parts = await Promise.all(benches().map(async (bench) => part(bench, await claimOf(bench), resultOf(bench))));
  return [HEAD, ...parts].join('\n');
}

function part(bench: string, claim: Claim | undefined, result: Result | undefined): string {
  const { question, peer, conditions } = claim ?? { question: '', peer: undefined, conditions: '' };
  const head = `## ${bench}\n\n${question}\n\n\`npm run bench -- ${bench}\`: ${conditions}.`;
  if (result?.measured === undefined || result.rows === undefined) return `${head}\n\nNot measured. ${result?.never}\n`;
  const { on, machine, load, runs, commit, written } = result.measured;
  const facts = [
    on,
    machine,
    load === 'not recorded' ? 'what else it had to do was not recorded' : load,
    ...(runs === undefined ? [] : [runs === 1 ? '1 run' : `${runs} runs`]),
    ...(commit === undefined ? [] : [`commit ${commit}`]),
    ...(written === 'by hand' ? ['taken over from the notes of that run'] : []),
  ];
  return `${head}\n\n${facts.join('; ')}.\n\n${table(result.rows, peer)}`;
}

function table(rows: readonly Row[], peer: string | undefined): string {
  const compared = peer !== undefined && rows.some((row) => row.peer !== undefined);
  const aimed = rows.some(({ goal }) => goal !== undefined);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const heads = ['', 'here', ...(compared ? [peer] : []), ...(aimed ? ['goal'] : [])];
  const cells = ({ what, unit, ours, peer: beside, goal = '' }: Row) => [
    what,
    figure(ours, unit),
    ...(compared ? [beside === undefined ? '' : figure(beside, unit)] : []),
    ...(aimed ? [goal] : []),
  ];
  return [line(heads), line(heads.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('');
}

function figure(value: number | string, unit = ''): string {
  const text = typeof value === 'number' && value >= 1000 ? value.toLocaleString('en-US') : String(value);
  return `${text} ${unit}`.trim();
}
