import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ChaosCase } from './support/chaos/chaos-life.js';
import { crashEverywhere } from './support/chaos/crash-everywhere.js';
import { type GroundName, groundNames } from './support/chaos/ground.js';
import { pairEverywhere } from './support/chaos/pair-everywhere.js';
import { failureOf, failureText, seededLife } from './support/chaos/seeded-life.js';
import { type LifeName, lifeNames, livesOn } from './support/chaos/workspace-life.js';
import { inWorkers, isWorker, tell } from './support/workers.js';

const USAGE = `Usage: npm run chaos -- [--crashes | --pairs | --seeds N [--from N] | --replay FILE | --mutants] [--workers 1]
  --crashes      kills the operator after every call of every life on every provisioner (the default)
  --ground NAME  only there: ${groundNames.join(', ')}
  --life NAME    only that one: ${lifeNames.join(', ')}
  --pairs        two operators, of which the leader is paused before each of its writes
  --seeds N      that many lives with faults by chance, from seed --from
  --replay FILE  one life from a file: {"ground", "life", "faults"}, as a failure prints it
  --mutants      faults put into the operator, each of which must be found`;

function usage(problem: string): never {
  console.error(`${problem}\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        crashes: { type: 'boolean' },
        pairs: { type: 'boolean' },
        mutants: { type: 'boolean' },
        seeds: { type: 'string' },
        replay: { type: 'string' },
        from: { type: 'string', default: '0' },
        workers: { type: 'string', default: '1' },
        ground: { type: 'string' },
        life: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return usage((error as Error).message);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 ? value : usage(`--${name} must be a whole number, and is ${text}`);
}

const options = readOptions();
const chosen = <T extends string>(option: 'ground' | 'life', among: readonly T[]): readonly T[] => {
  const name = options[option];
  if (name === undefined) return among;
  const found = among.filter((one) => one === name);
  return found.length > 0 ? found : usage(`there is no ${option} "${name}"`);
};
const from = whole('from', options.from);
const workers = Math.max(1, whole('workers', options.workers));

/** One answer for each thing tried; `failure` in words. */
interface Told {
  readonly tried: string;
  readonly failure?: string;
}

/** Every life on every ground, or what is chosen of them. */
function places(share: number, shares: number) {
  const all = chosen<GroundName>('ground', groundNames).flatMap((ground) =>
    chosen<LifeName>('life', lifeNames)
      .filter((life) => livesOn(ground).includes(life))
      .map((life) => ({ ground, life })),
  );
  return all.filter((_, index) => index % shares === share);
}

async function crashes(share: number, shares: number, told: (one: Told) => void): Promise<void> {
  for (const { ground, life } of places(share, shares)) {
    const tried = `${life} on ${ground}`;
    for await (const { at, call, failure } of crashEverywhere(ground, life)) {
      told(
        failure === undefined
          ? { tried }
          : { tried, failure: `${tried}, killed after call ${at} (${call}): ${failure}` },
      );
    }
  }
}

async function pairs(share: number, shares: number, told: (one: Told) => void): Promise<void> {
  for (const { ground, life } of places(share, shares)) {
    const tried = `two operators: ${life} on ${ground}`;
    for await (const { at, failure } of pairEverywhere(ground, life)) {
      told(failure === undefined ? { tried } : { tried, failure: `${tried}, the leader paused at ${at}: ${failure}` });
    }
  }
}

async function seeds(count: number, share: number, shares: number, told: (one: Told) => void): Promise<void> {
  for (let seed = from + share; seed < from + count; seed += shares) {
    const failure = await seededLife(seed);
    told(failure === undefined ? { tried: 'seeds' } : { tried: 'seeds', failure: failureText(failure) });
  }
}

async function all(run: (share: number, shares: number, told: (one: Told) => void) => Promise<void>): Promise<void> {
  if (isWorker) return run(isWorker.share, isWorker.shares, tell);
  const began = Date.now();
  const tried = new Map<string, number>();
  let failures = 0;
  await inWorkers<Told>(workers, run, ({ tried: what, failure }) => {
    tried.set(what, (tried.get(what) ?? 0) + 1);
    if (failure === undefined) return;
    failures++;
    console.error(failure);
  });
  const counts = [...tried].map(([what, count]) => `${what}: ${count}`);
  const total = [...tried.values()].reduce((sum, count) => sum + count, 0);
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  console.log(`${counts.join('\n')}\n${total} lives in ${minutes} min with ${workers} workers: ${failures} failures`);
  process.exitCode = failures === 0 && total > 0 ? 0 : 1;
}

if (options.replay !== undefined) {
  const one = JSON.parse(readFileSync(options.replay, 'utf8')) as ChaosCase;
  const failure = await failureOf(one);
  console.log(failure ?? 'the end is the undisturbed one');
  process.exitCode = failure === undefined ? 0 : 1;
} else if (options.mutants === true) {
  const { runMutants } = await import('./support/chaos/mutant-run.js');
  process.exitCode = (await runMutants(console.log)) ? 0 : 1;
} else if (options.pairs === true) {
  await all(pairs);
} else if (options.seeds !== undefined) {
  const count = whole('seeds', options.seeds);
  await all((share, shares, told) => seeds(count, share, shares, told));
} else {
  await all(crashes);
}
