// npm run bench -- NAME [--json] [--runs N] [--record [--load TEXT]]: runs bench/NAME and prints its figures; with --json the last line is
// one JSON object. --record keeps them, with date and machine, in bench/results (or $BENCH_RESULTS) for docs/reference/benchmarks.md;
// --load says what else the machine had to do.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const home = join(dirname(fileURLToPath(import.meta.url)), '..', 'bench');
const names = readdirSync(home).filter((name) => existsSync(join(home, name, 'bench.mjs')));

function usage(problem) {
  process.stderr.write(
    `${problem}\nUsage: npm run bench -- NAME [--json] [--runs N] [--record [--load TEXT]]; NAME is one of: ${names.join(', ')}\n`,
  );
  process.exit(2);
}

let parsed;
try {
  const options = {
    json: { type: 'boolean' },
    runs: { type: 'string' },
    record: { type: 'boolean' },
    load: { type: 'string' },
  };
  parsed = parseArgs({ options, allowPositionals: true });
} catch (error) {
  usage(error.message);
}
const [name] = parsed.positionals;
if (name === undefined) usage('which bench?');
if (!names.includes(name)) usage(`there is no bench "${name}"`);
const { bench, usualRuns = 5 } = await import(pathToFileURL(join(home, name, 'bench.mjs')).href);
const runs = Number(parsed.values.runs ?? usualRuns);
if (!Number.isInteger(runs) || runs < 1) usage(`--runs takes a whole number from 1, not "${parsed.values.runs}"`);

if (parsed.values.load !== undefined && !parsed.values.record) usage('--load goes with --record');

const result = await bench({ runs, say: (line) => process.stderr.write(`${line}\n`) });
for (const [figure, value] of Object.entries(result)) {
  if (!parsed.values.json) process.stdout.write(`${figure.padEnd(28)} ${JSON.stringify(value)}\n`);
}
if (parsed.values.json) process.stdout.write(`${JSON.stringify({ bench: name, ...result })}\n`);
if (parsed.values.record) await record(name, result);

/** Keeps the last result of a bench: the rows of its table, and what they were measured on. */
async function record(bench, figures) {
  const { rows } = await import(pathToFileURL(join(home, bench, 'claim.mjs')).href);
  const [{ model }] = cpus();
  const measured = {
    on: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores (${model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
    load: parsed.values.load ?? 'not recorded',
    runs,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: home, encoding: 'utf8' }).trim(),
  };
  const file = join(process.env.BENCH_RESULTS ?? join(home, 'results'), `${bench}.json`);
  writeFileSync(file, `${JSON.stringify({ bench, measured, rows: rows(figures) }, null, 2)}\n`);
  process.stderr.write(
    `kept in ${file}; UPDATE_GOLDEN=1 npm test -- --grep benchmarks writes docs/reference/benchmarks.md\n`,
  );
}
