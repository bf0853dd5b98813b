import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cloudOf, faultWorld } from './support/fault-world/fault-world.js';

function usage(problem: string): never {
  console.error(`${problem}\nUsage: npm run test:world -- [--seeds 10000] [--from 0] [--workers 1]`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string', default: '10000' },
        from: { type: 'string', default: '0' },
        workers: { type: 'string', default: '1' },
        /** Set for the processes that this one starts: every so many seeds is theirs. */
        stride: { type: 'string' },
      },
    });
  } catch (error) {
    return usage((error as Error).message);
  }
}

const { values } = readOptions();
const number = (name: 'seeds' | 'from' | 'workers' | 'stride', text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  return usage(`--${name} must be a whole number, and is ${text}`);
};
const from = number('from', values.from);
const seeds = number('seeds', values.seeds);
const workers = Math.max(1, number('workers', values.workers));

interface Told {
  readonly seed: number;
  readonly failure?: string;
}

async function live(stride: number, tell: (told: Told) => void): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += stride) {
    const failure = await faultWorld(seed).then(
      () => undefined,
      (error: Error) => error.message,
    );
    tell(failure === undefined ? { seed } : { seed, failure });
  }
}

async function tally(): Promise<void> {
  const began = Date.now();
  const lived: Record<string, number> = {};
  let failures = 0;
  let done = 0;
  const count = ({ seed, failure }: Told) => {
    done++;
    lived[cloudOf(seed)] = (lived[cloudOf(seed)] ?? 0) + 1;
    if (failure !== undefined) {
      failures++;
      console.error(failure);
    }
    if (done % 100 === 0) console.log(`${done} of ${seeds} seeds, ${failures} failures`);
  };
  if (workers === 1) await live(1, count);
  else {
    const file = fileURLToPath(import.meta.url);
    const share = (worker: number) => ['--from', from + worker, '--seeds', seeds - worker, '--stride', workers];
    const children = Array.from({ length: workers }, (_, worker) => fork(file, share(worker).map(String)));
    for (const child of children) child.on('message', (told) => count(told as Told));
    await Promise.all(
      children.map(async (child) => {
        const [code] = await once(child, 'exit');
        if (code !== 0) throw new Error(`a worker ended with ${code}`);
      }),
    );
  }
  const clouds = Object.entries(lived).map(([cloud, lives]) => `${cloud} ${lives}`);
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  console.log(
    `${done} seeds from ${from} (${clouds.join(', ')}) in ${minutes} min with ${workers} workers: ${failures} failures`,
  );
  process.exitCode = failures === 0 && done === seeds ? 0 : 1;
}

if (values.stride === undefined) await tally();
else {
  await live(number('stride', values.stride), (told) => process.send?.(told));
  process.disconnect?.();
}
