// How long admission and a decision take in process, over the quick-start Workspace and ones that are refused, with the bundled plugins
// and no network. Admission must answer within 5 ms, the first one in an operator (`admissionFirstMs`) and every other (`admissionP99Ms`).
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readQuickStart } from './quick-start.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 2000);

export async function bench({ runs, say }) {
  const core = await import(`${root}/packages/core/dist/index.js`);
  const { installPlugins, operatorConfig } = await import(`${root}/packages/operator/dist/index.js`);
  const from = createRequire(import.meta.url).resolve(`${root}/packages/operator/dist/index.js`);
  const config = operatorConfig({ provisioner: 'karpenter' }, 'the bench');
  const installed = await installPlugins(config, from, core.systemClock);
  const catalogs = installed.catalogs();
  const workspaces = examples(core, root);

  // The first one would also read the class behind the schema and compile its rules; the operator does that while it is composed.
  const firsts = { warm: [], cold: [] };
  const admission = [];
  const rates = [];
  const slowest = [];
  for (let run = 0; run < runs; run++) {
    for (const kind of ['warm', 'cold']) firsts[kind].push(firstAdmission(kind));
    for (const { workspace } of workspaces) {
      for (let i = 0; i < ROUNDS; i++) {
        const started = performance.now();
        core.admitWorkspace(workspace);
        admission.push(performance.now() - started);
      }
    }
    const started = performance.now();
    for (let i = 0; i < ROUNDS; i++) for (const { workspace } of workspaces) core.plan(workspace, catalogs);
    const seconds = (performance.now() - started) / 1000;
    rates.push(Math.round((ROUNDS * workspaces.length) / seconds));
    for (const { workspace } of workspaces) {
      const begun = performance.now();
      core.plan(workspace, catalogs);
      slowest.push(performance.now() - begun);
    }
    say(`run ${run + 1} of ${runs}: ${rates.at(-1)} plans a second`);
  }
  admission.sort((a, b) => a - b);
  return {
    runs,
    workspaces: workspaces.map(({ name }) => name),
    instanceTypes: installed.capabilities.instances.flatMap((catalog) => catalog.instances()).length,
    admissionFirstMs: median(firsts.warm.map(({ first }) => first)),
    admissionFirstMaxMs: round(Math.max(...firsts.warm.map(({ first }) => first))),
    composeOperatorMs: median(firsts.warm.map(({ compose }) => compose)),
    admissionFirstWithoutOperatorMs: median(firsts.cold.map(({ first }) => first)),
    admissionMedianMs: round(admission[Math.floor(admission.length / 2)]),
    admissionP99Ms: round(admission[Math.floor(admission.length * 0.99)]),
    admissionMaxMs: round(admission.at(-1)),
    plansPerSecond: rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)],
    slowestPlanMs: round(Math.max(...slowest)),
  };
}

/** Measured in a process that has done nothing else. */
function firstAdmission(kind) {
  const script = fileURLToPath(new URL('first.mjs', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [script, kind], { encoding: 'utf8' }));
}

function median(figures) {
  return round(figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]);
}

function examples({ workspaceFrom }, from) {
  const quickStart = readQuickStart(from);
  const made = (name, resource, preset) => ({
    name,
    workspace: workspaceFrom({
      ...quickStart,
      resource: { labelSelector: quickStart.resource.labelSelector, ...resource },
      inference: { preset: { name: preset } },
    }),
  });
  return [
    { name: 'quick start, its type retired', workspace: workspaceFrom(quickStart) },
    made('a named type', { instanceType: 'Standard_NC24ads_A100_v4' }, 'phi-4'),
    made('the cheapest', {}, 'phi-4'),
    made(
      'a ladder',
      { priceLimit: 5, alternatives: [{ instanceType: 'Standard_NC6s_v3' }, {}] },
      'phi-4-mini-instruct',
    ),
    made('a mistyped type', { instanceType: 'Standard_NC24ads_A100' }, 'phi-4'),
    made('what fits nowhere', { priceLimit: 0.01 }, 'phi-3.5-moe-instruct'),
  ];
}

function round(ms) {
  return Number(ms.toFixed(3));
}
