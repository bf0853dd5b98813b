import { parseArgs } from 'node:util';
import { widgetCrd } from '../../packages/devcluster/dist-test/conformance/api.js';
import { bothServers } from '../dist/fuzz/both-servers.js';
import { fuzz } from '../dist/fuzz/fuzz.js';
import { fuzzedKinds } from '../dist/fuzz/objects.js';

// npm run fuzz -- --steps 20000 --seed 1 [--kinds widgets,services]: exit code 1 when there is a difference nobody has explained.
const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kinds: { type: 'string', default: Object.keys(fuzzedKinds).join(',') },
  },
});
const seed = Number(values.seed);
console.log(`seed ${seed}, ${values.steps} steps, ${values.kinds}`);
// The programs alone do not keep this process alive while it waits for their end.
const alive = setInterval(() => undefined, 60_000);
const servers = await bothServers(widgetCrd());
try {
  const report = await fuzz({
    real: servers.real,
    ours: servers.ours,
    seed,
    steps: Number(values.steps),
    kinds: values.kinds.split(','),
    prefix: `fuzz-${seed}`,
  });
  for (const find of report.finds) {
    console.log(`\n${find.plural}, seed ${find.seed}`);
    for (const step of find.steps)
      console.log(`  ${step.method} ${step.path} ${step.contentType ?? ''} ${JSON.stringify(step.body) ?? ''}`);
    for (const { at, real, ours } of find.differences.slice(0, 8)) {
      console.log(`    ${at || 'answer'}: real ${JSON.stringify(real)} devcluster ${JSON.stringify(ours)}`);
    }
  }
  console.log(`\n${report.steps} steps, ${report.finds.length} unexplained differences`, report.explained);
  process.exitCode = report.finds.length === 0 ? 0 : 1;
} finally {
  await servers.stop();
  clearInterval(alive);
}
