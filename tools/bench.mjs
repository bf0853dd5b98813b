// npm run bench -- NAME [--json] [--runs N]: runs bench/NAME and prints its figures; with --json the last line is one JSON object.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const home = join(dirname(fileURLToPath(import.meta.url)), '..', 'bench');
const names = readdirSync(home).filter((name) => existsSync(join(home, name, 'bench.mjs')));

function usage(problem) {
  process.stderr.write(
    `${problem}\nUsage: npm run bench -- NAME [--json] [--runs N]; NAME is one of: ${names.join(', ')}\n`,
  );
  process.exit(2);
}

let parsed;
try {
  const options = { json: { type: 'boolean' }, runs: { type: 'string' } };
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

const result = await bench({ runs, say: (line) => process.stderr.write(`${line}\n`) });
for (const [figure, value] of Object.entries(result)) {
  if (!parsed.values.json) process.stdout.write(`${figure.padEnd(28)} ${JSON.stringify(value)}\n`);
}
if (parsed.values.json) process.stdout.write(`${JSON.stringify({ bench: name, ...result })}\n`);
