import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { wasteOf } from './support/soak/ideal-bill.js';
import { soak } from './support/soak/soak-world.js';

const { values } = parseArgs({
  options: {
    workspaces: { type: 'string', default: '200' },
    hours: { type: 'string', default: '24' },
    seed: { type: 'string', default: '1' },
  },
});
const whole = (name: 'workspaces' | 'hours' | 'seed'): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number, and is ${values[name]}
Usage: npm run soak -- [--workspaces 200] [--hours 24] [--seed 1]`);
  return process.exit(2);
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const MIB = 2 ** 20;
/** Waste, as a share of the ideal bill, and memory that a day may leave behind. */
const GOALS = { waste: 0.01, grownMib: 5 };

const began = performance.now();
const end = await soak({ workspaces: whole('workspaces'), hours: whole('hours'), seed: whole('seed') }, collect);
const { ideal, paid, beyond, bad, missing } = end.account;
const hours = (seconds: number) => `${(seconds / 3600).toFixed(1)} h`;
const share = (seconds: number) => `${((seconds / ideal) * 100).toFixed(2)} %`;
for (const { hour, bytes, workspaces } of end.heap) {
  console.log(`hour ${String(hour).padStart(2)}: heap ${(bytes / MIB).toFixed(1)} MiB with ${workspaces} Workspaces`);
}
for (const { to, pods, replaced } of end.upgrades) {
  console.log(`upgrade that makes ${to}: ${replaced} of ${pods} serving pods were replaced`);
}
const grownMib = (end.grown?.bytes ?? 0) / MIB;
console.log(`${end.served} of ${values.workspaces} Workspaces came up; ${end.machines} machines were bought
needed ${hours(ideal)}, paid ${hours(paid)}, missing ${hours(missing)} (shortages, deaths, ways)
waste ${share(beyond + bad)} of the need: beyond need ${hours(beyond)} (${share(beyond)}), machines that came to nothing ${hours(bad)} (${share(bad)}, the longest ${(end.longestInVain / 60).toFixed(0)} min)
the last process has grown by ${grownMib.toFixed(1)} MiB in ${end.grown?.hours.toFixed(1)} hours of work
${end.orphans.length} orphans, ${end.late.length} waits without a word or past a deadline
${((performance.now() - began) / 1000).toFixed(0)} s`);
for (const wrong of [...end.orphans, ...end.late]) console.error(wrong);
const failed =
  end.orphans.length > 0 || end.late.length > 0 || wasteOf(end.account) >= GOALS.waste || grownMib >= GOALS.grownMib;
process.exitCode = failed ? 1 : 0;
