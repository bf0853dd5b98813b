import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { corpus, corpusFolder, fuzz } from './fuzz.js';
import type { Target } from './target.js';
import { targets } from './targets/index.js';

const usage = `Usage: npm run fuzz:input -- [options]

Feeds hostile input to everything that reads what others wrote, and keeps what breaks it, made small, in packages/operator/test/fuzz/corpus.

  --seeds N      seeds to try                          [10]
  --from N       the first of them                     [0]
  --target TEXT  only targets whose name has it
  --times N      inputs of a seed, times those of npm test  [5]

Exit codes: 0 nothing was found; 1 something was; 2 wrong usage. An input that takes more than
60 s is a hang: it is printed, and the process killed.
`;

/** An input that takes longer is a hang: said by a thread of its own, since this one can say nothing then. */
const HANG_MS = 60_000;
/** Of one seed of one target, making a finding smaller included. */
const LONGEST_SEED_MS = 600_000;
const RSS_LIMIT = 1.5 * 2 ** 30;

const watchdog = `
const { workerData: { beat, text, limit } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let last = -1;
let since = Date.now();
setInterval(() => {
  const now = Atomics.load(beat, 0);
  if (now !== last) { last = now; since = Date.now(); return; }
  if (Date.now() - since < limit) return;
  const length = Atomics.load(beat, 1);
  writeSync(2, 'HANG: this input took more than ' + limit / 1000 + ' s: ' + Buffer.from(text.slice(0, length)).toString() + '\\n');
  // exit would end this thread only.
  process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly times: number;
  readonly chosen: readonly Target<never>[];
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      target: { type: 'string' },
      times: { type: 'string' },
    },
  });
  const whole = (name: 'seeds' | 'from' | 'times', fallback: number, least: number): number => {
    const number = values[name] === undefined ? fallback : Number(values[name]);
    if (!Number.isSafeInteger(number) || number < least)
      throw new TypeError(`--${name} takes a whole number of ${least} or more`);
    return number;
  };
  const chosen = targets.filter(({ name }) => name.includes(values.target ?? ''));
  if (chosen.length === 0)
    throw new TypeError(`no target has "${values.target}" in its name: ${targets.map(({ name }) => name).join('; ')}`);
  return { seeds: whole('seeds', 10, 1), from: whole('from', 0, 0), times: whole('times', 5, 1), chosen };
}

async function main({ seeds, from, times, chosen }: Options): Promise<number> {
  const beat = new Int32Array(new SharedArrayBuffer(8));
  const text = new Uint8Array(new SharedArrayBuffer(100_000));
  const worker = new Worker(watchdog, { eval: true, workerData: { beat, text, limit: HANG_MS } });
  worker.unref();
  const seen = (input: unknown) => {
    const bytes = Buffer.from(JSON.stringify(input) ?? '').subarray(0, text.length);
    text.set(bytes);
    Atomics.store(beat, 1, bytes.length);
    Atomics.add(beat, 0, 1);
  };
  let found = 0;
  let inputs = 0;
  let peak = 0;
  for (const target of chosen) {
    await target.start?.();
    for (const { file, input } of corpus().filter((one) => one.target === target.name)) {
      seen(input);
      await Promise.resolve(target.run(input as never)).catch((error: Error) => {
        found++;
        console.error(`${target.name}: ${file} is wrong again: ${error.stack}`);
      });
    }
    let before = inputs;
    for (let seed = from; seed < from + seeds; seed++) {
      const wrong = await fuzz(
        target,
        seed,
        (target.runs ?? 200) * times,
        (input) => {
          inputs++;
          seen(input);
        },
        LONGEST_SEED_MS,
      );
      peak = Math.max(peak, process.memoryUsage().rss);
      if (!wrong) continue;
      found++;
      const file = `${target.name.replace(/\W+/g, '-')}-${seed}.json`;
      const kept = {
        target: target.name,
        found: wrong.error.message.split('\n')[0]?.slice(0, 200),
        input: wrong.input,
      };
      writeFileSync(`${corpusFolder}${file}`, `${JSON.stringify(kept, undefined, 2)}\n`);
      console.error(`${target.name}, seed ${seed}: ${wrong.error.stack}\n  kept as ${file}`);
      // The same again would be found with every seed.
      break;
    }
    await target.stop?.();
    console.log(`${target.name}: ${inputs - before} inputs`);
    before = inputs;
  }
  const mebibytes = Math.round(peak / 2 ** 20);
  if (peak > RSS_LIMIT) {
    found++;
    console.error(`the memory of the process reached ${mebibytes} MiB`);
  }
  console.log(
    `${inputs} inputs of ${seeds} seeds from ${from} on ${chosen.length} targets: ${found} found, at most ${mebibytes} MiB`,
  );
  return found === 0 ? 0 : 1;
}

try {
  const options = process.argv.includes('--help') ? undefined : optionsOf(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else process.exitCode = await main(options);
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`fuzz:input: ${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
