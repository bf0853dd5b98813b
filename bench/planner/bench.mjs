// How long admission and a decision take in process, over the quick-start Workspace and ones that are refused, with the bundled plugins
// and no network. Admission must answer within 5 ms: `admissionP99Ms` is what to look at.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const ROUNDS = 2000;

export async function bench({ runs, say }) {
  const core = await import(`${root}/packages/core/dist/index.js`);
  const { installPlugins, operatorConfig } = await import(`${root}/packages/operator/dist/index.js`);
  const from = createRequire(import.meta.url).resolve(`${root}/packages/operator/dist/index.js`);
  const config = operatorConfig({ provisioner: 'karpenter' }, 'the bench');
  const installed = await installPlugins(config, from, core.systemClock);
  const catalogs = installed.catalogs();
  const workspaces = examples(core, root);

  // The first one also reads the class behind the schema and compiles its rules.
  const first = performance.now();
  core.admitWorkspace(workspaces[0].workspace);
  const admissionFirstMs = round(performance.now() - first);
  const admission = [];
  const rates = [];
  const slowest = [];
  for (let run = 0; run < runs; run++) {
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
    admissionFirstMs,
    admissionMedianMs: round(admission[Math.floor(admission.length / 2)]),
    admissionP99Ms: round(admission[Math.floor(admission.length * 0.99)]),
    admissionMaxMs: round(admission.at(-1)),
    plansPerSecond: rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)],
    slowestPlanMs: round(Math.max(...slowest)),
  };
}

function examples({ workspaceFrom }, from) {
  const { loadYaml } = createRequire(`${from}/packages/core/package.json`)('@kubernetes/client-node');
  const quickStart = loadYaml(readFileSync(`${from}/examples/inference/kaito_workspace_phi_3.yaml`, 'utf8'));
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
