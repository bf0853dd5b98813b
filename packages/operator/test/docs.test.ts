import { readFileSync } from 'node:fs';
import {
  admitWorkspace,
  type Catalogs,
  cacheBytesPerToken,
  crdOf,
  explain,
  fitMemory,
  fitTable,
  formatFieldErrors,
  formatGib,
  gib,
  type JsonSchema,
  kaitoNodes,
  memoryAt,
  plan,
  schemaOf,
  tuningMemory,
  Workspace,
  weightBytes,
  workspaceFrom,
} from '@kaito-sdk/core';
import { phi3Mini128kInstruct, phi4, phi4MiniInstruct, phiPresets } from '@kaito-sdk/presets-phi';
import { expect } from 'chai';
import { parse } from 'yaml';
import { golden, planning, SIMULATED } from './support/planning.js';

const docs = new URL('../../../docs/', import.meta.url);
const planner = new URL('reference/planner.md', docs);
const sizing = new URL('guides/sizing.md', docs);
const api = new URL('reference/workspace-api.md', docs);
const quickStart = new URL('../../../examples/inference/kaito_workspace_phi_3.yaml', import.meta.url);

const ADAPTER = `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata:
  name: workspace-phi-3-mini-adapter
resource:
  instanceType: "Standard_NC6s_v3"
  labelSelector:
    matchLabels:
      apps: phi-3-adapter
inference:
  preset:
    name: phi-3-mini-128k-instruct
  adapters:
    - source:
        name: "phi-3-adapter"
        image: "myregistry.azurecr.io/phi-3-adapter:0.0.1"
      strength: "1.0"
`;

const QLORA = `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata:
  name: workspace-phi-3-mini
resource:
  instanceType: "Standard_NC6s_v3"
  labelSelector:
    matchLabels:
      app: phi-3-adapter
tuning:
  preset:
    name: phi-3-mini-4k-instruct
  method: qlora
  input:
    urls:
      - "https://huggingface.co/datasets/philschmid/dolly-15k-oai-style/resolve/main/data/train-00000-of-00001-54e3756291ca09c6.parquet?download=true"
  output:
    image: "myregistry.azurecr.io/phi-3-adapter:0.0.1"
    imagePushSecret: registry-push
`;

/** Its sister: another Workspace, another model, the rest the same. */
const QLORA_128K = QLORA.replace('name: workspace-phi-3-mini\n', 'name: workspace-phi-3-mini-adapter\n').replace(
  'name: phi-3-mini-4k-instruct',
  'name: phi-3-mini-128k-instruct',
);

/** What `kaito plan -f` prints. */
function printed(
  manifest: string,
  catalogs: Catalogs,
  change: (workspace: Workspace) => Workspace = (one) => one,
): string {
  const workspace = change(workspaceFrom(parse(manifest)));
  const errors = admitWorkspace(workspace);
  if (errors.length > 0) return `invalid     ${formatFieldErrors(errors)}\n`;
  return `${explain(plan(workspace, catalogs)).join('\n')}\n`;
}

const fenced = (text: string, language = 'text'): string => `\`\`\`${language}\n${text}\`\`\`\n`;

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

describe('the plans in the documentation', () => {
  let cloud: Catalogs;
  let simulated: Catalogs;
  before(async () => {
    cloud = await planning();
    simulated = await planning(SIMULATED);
  });

  it('are those of the quick-start manifest, on a cloud that has retired its machine and where it still exists', () => {
    const manifest = readFileSync(quickStart, 'utf8');
    golden(planner, fenced(printed(manifest, cloud)), 'phi-3-mini-4k, on Azure');
    golden(planner, fenced(printed(manifest, simulated)), 'phi-3-mini-4k, where the type exists');
    expect(plan(workspaceFrom(parse(manifest)), simulated).feasible).to.equal(true);
  });

  it('are those of the model for 128k tokens, with its usable context, and of its adapter', () => {
    golden(planner, fenced(ADAPTER, 'yaml'), 'phi-3-mini-128k with an adapter, manifest');
    golden(planner, fenced(printed(ADAPTER, simulated)), 'phi-3-mini-128k with an adapter');
    const { adapters: _, ...bare } = workspaceFrom(parse(ADAPTER)).inference ?? {};
    const without = printed(ADAPTER, simulated, (one) => ({ ...one, inference: bare as never }));
    golden(planner, fenced(without), 'phi-3-mini-128k without it');
    expect(without).to.match(/4533 of the 131072 tokens that phi-3-mini-128k-instruct was made for/);
    expect(printed(ADAPTER, simulated)).to.match(
      /^context +4449 tokens; the model was made for 131072, and 4449 fit$/m,
    );
  });

  it('are those of the two tuning manifests, with the build for compute capability 7.0', () => {
    golden(planner, fenced(QLORA, 'yaml'), 'QLoRA, manifest');
    golden(planner, fenced(printed(QLORA, simulated)), 'QLoRA');
    golden(planner, fenced(QLORA_128K, 'yaml'), 'QLoRA of the 128k model, manifest');
    golden(planner, fenced(printed(QLORA_128K, simulated)), 'QLoRA of the 128k model');
    for (const manifest of [QLORA, QLORA_128K]) {
      expect(printed(manifest, simulated)).to.match(
        /volta build \(torch 2\.10\.0\) has kernels for compute capability 7\.0/,
      );
    }
  });

  it('are those of a model that no machine of its type holds, over several', async () => {
    const several = await planning({ config: { '@kaito-sdk/runtime-inference': { vllmNodes: 8 } } });
    const manifest = readFileSync(quickStart, 'utf8');
    const large = (one: Workspace): Workspace => ({
      ...one,
      metadata: { ...one.metadata, name: 'phi-4' },
      resource: { ...one.resource, instanceType: 'Standard_NC4as_T4_v3' },
      inference: { preset: { name: 'phi-4' } },
    });
    expect(printed(manifest, cloud, large)).to.match(/^infeasible .*\(InsufficientMemory\)$/m);
    golden(planner, fenced(printed(manifest, several, large)), 'phi-4, over several nodes');
    const decision = plan(large(workspaceFrom(parse(manifest))), several);
    if (!decision.feasible) throw new Error(decision.message);
    expect(decision.nodes.count).to.equal(decision.nodes.pipeline);
    expect(decision.engine.args).to.include.members(['--pipeline-parallel-size', String(decision.nodes.pipeline)]);
    expect(decision.nodes.price?.usdPerHour).to.be.closeTo(0.526 * decision.nodes.count, 0.001);
  });

  it('name the same cheapest replacement for each of the four where the type is gone', () => {
    for (const manifest of [readFileSync(quickStart, 'utf8'), ADAPTER, QLORA, QLORA_128K]) {
      expect(printed(manifest, cloud)).to.match(
        /retired on 2025-09-30 and cannot be had any more.*\nway out +Set resource\.instanceType to Standard_NC4as_T4_v3/,
      );
      const replaced = (one: Workspace): Workspace => ({
        ...one,
        resource: { ...one.resource, instanceType: 'Standard_NC4as_T4_v3' },
      });
      expect(plan(replaced(workspaceFrom(parse(manifest))), cloud).feasible).to.equal(true);
    }
  });

  it('have a table of what tuning takes', () => {
    const rows = [phi3Mini128kInstruct, phi4MiniInstruct, phi4].flatMap(({ name, model }) =>
      (['qlora', 'lora'] as const).map((method) => {
        const demand = tuningMemory(model, { method, dtype: 'bfloat16' });
        const longest = (size: number) => {
          const { tokens } = fitMemory(demand, gib(size));
          return tokens < demand.minimumContext ? '-' : String(Math.min(tokens, model.contextLength));
        };
        return [name, method, formatGib(memoryAt(demand, 2048)), ...[16, 24, 80].map(longest)];
      }),
    );
    golden(
      sizing,
      markdown(['model', 'method', 'at 2,048 tokens', 'longest on 16 GiB', 'on 24 GiB', 'on 80 GiB'], rows),
      'tuning',
    );
  });

  it('have a table of what is served on which machine', () => {
    const types = [
      'Standard_NC4as_T4_v3',
      'Standard_NV36ads_A10_v5',
      'Standard_NV72ads_A10_v5',
      'Standard_NC24ads_A100_v4',
      'Standard_NC48ads_A100_v4',
    ];
    const fits = fitTable(cloud, { instanceTypes: types });
    const rows = [...new Set(fits.map(({ preset }) => preset))].map((preset) => [
      preset,
      ...fits
        .filter((fit) => fit.preset === preset)
        .map(({ decision }) =>
          decision.feasible
            ? `${decision.engine.contextLength} x ${decision.memory.context.sequences}`
            : decision.code.replace('InsufficientMemory', 'memory').replace('RuntimeUnsupported', 'no engine'),
        ),
    ]);
    const heads = ['T4, 16 GiB', 'A10, 24 GiB', '2 x A10', 'A100, 80 GiB', '2 x A100'];
    golden(sizing, markdown(['model', ...heads], rows), 'fits');
  });

  it('have a table of where KAITO’s estimator says something else', () => {
    const types = cloud.instances
      .flatMap((catalog) => catalog.instances())
      .filter(({ gpu, retiredOn }) => (gpu.computeCapability ?? 0) >= 7.5 && retiredOn === undefined);
    const seen = new Set<string>();
    const rows = phiPresets.models.flatMap(({ name, model, weights, deprecated }) =>
      types.flatMap((type) => {
        const size = `${type.gpu.count} x ${formatGib(type.gpu.memoryBytes)}`;
        // Of sisters with one network, and of machines with the same GPUs, one is enough.
        const key = `${model.parameters} ${model.contextLength} ${size}`;
        if (deprecated || weights.revision === undefined || seen.has(key)) return [];
        seen.add(key);
        const asked = (contextLength?: number) => {
          const estimate = kaitoNodes({
            gpuBytes: type.gpu.memoryBytes,
            gpusPerNode: type.gpu.count,
            weightBytes: weightBytes(model),
            cacheBytesPerToken: cacheBytesPerToken(model),
            ...(contextLength === undefined ? {} : { contextLength }),
          });
          return estimate.sized ? String(estimate.nodes) : 'error';
        };
        const [fit] = fitTable(cloud, { models: [name], instanceTypes: [type.name] });
        const ours = fit?.decision.feasible ? String(fit.decision.engine.contextLength) : 'does not fit';
        const [least, full] = [asked(), asked(model.contextLength)];
        const agree = least === '1' && full === '1' && ours === String(model.contextLength);
        const bothRefuse = least !== '1' && ours === 'does not fit';
        return agree || bothRefuse ? [] : [[name, size, least, full, ours]];
      }),
    );
    expect(rows.length).to.be.above(3);
    golden(
      sizing,
      markdown(
        ['model', 'GPUs of a node', 'KAITO: nodes at 2,048 tokens', 'at full context', 'ours: tokens on one node'],
        rows,
      ),
      'KAITO and ours',
    );
  });
});

describe('the reference of the Workspace API', () => {
  const rows = (schema: JsonSchema, at = '', required = false): (readonly string[])[] => {
    const kind = schema.items ? `list of ${schema.items.type ?? 'any'}` : (schema.type ?? 'any');
    const limits = [
      ...(required ? ['required'] : []),
      ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
      ...(schema.enum ? [schema.enum.join(' / ')] : []),
      ...(schema.minimum === undefined ? [] : [`${schema.exclusiveMinimum ? 'more than' : 'from'} ${schema.minimum}`]),
      ...(schema.maxItems === undefined ? [] : [`at most ${schema.maxItems}`]),
    ];
    const own =
      at === '' ? [] : [[`\`${at}\``, kind, limits.join(', '), (schema.description ?? '').replaceAll('|', '\\|')]];
    const inner = Object.entries(schema.properties ?? {}).flatMap(([name, each]) =>
      rows(each, at === '' ? name : `${at}.${name}`, schema.required?.includes(name)),
    );
    return [
      ...own,
      ...inner,
      ...(schema.items ? rows(schema.items, `${at}[]`).filter(([path]) => path !== `\`${at}[]\``) : []),
    ];
  };

  for (const part of ['resource', 'inference', 'tuning', 'status']) {
    it(`has every field of ${part}, as the CRD has it`, () => {
      const schema = schemaOf(Workspace).properties?.[part];
      if (!schema) throw new Error(`the CRD has no ${part}`);
      golden(api, markdown(['field', 'type', '', 'meaning'], rows(schema, part)), part);
    });
  }

  it('has the columns of kubectl get', () => {
    const [version] = (
      crdOf(Workspace).spec as {
        versions: { additionalPrinterColumns: { name: string; jsonPath: string; priority?: number }[] }[];
      }
    ).versions;
    const columns = version?.additionalPrinterColumns ?? [];
    golden(
      api,
      markdown(
        ['column', 'from', ''],
        columns.map(({ name, jsonPath, priority }) => [
          name,
          `\`${jsonPath}\``,
          priority === 1 ? 'with `-o wide`' : '',
        ]),
      ),
      'columns',
    );
  });
});
