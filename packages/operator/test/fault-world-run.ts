import { parseArgs } from 'node:util';
import { faultWorld } from './support/fault-world.js';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10000' }, from: { type: 'string', default: '0' } },
});
const [from, seeds] = [Number(values.from), Number(values.seeds)];
const failures: string[] = [];
for (let seed = from; seed < from + seeds; seed++) {
  await faultWorld(seed).catch((error: Error) => {
    failures.push(error.message);
    console.error(error.message);
  });
  if ((seed - from + 1) % 100 === 0) console.log(`${seed - from + 1} of ${seeds} seeds, ${failures.length} failures`);
}
console.log(`${seeds} seeds from ${from}: ${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;
