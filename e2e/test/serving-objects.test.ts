import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Catalogs,
  type KubeObject,
  kindOf,
  type Plan,
  plan,
  RestClient,
  systemClock,
  type Workspace,
  workspaceFrom,
} from '@kaito-sdk/core';
import { installPlugins, operatorConfig } from '@kaito-sdk/operator';
import { loadAllYaml } from '@kubernetes/client-node';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { lostFields } from '../dist/lost-fields.js';
import { strictTransport } from '../dist/strict-transport.js';

const examples = new URL('../../examples/inference/', import.meta.url);

/** Every Workspace among the examples, its placeholders filled in. */
function workspaces(): readonly (readonly [title: string, workspace: Workspace])[] {
  const files = ['', 'own-model/'].flatMap((folder) =>
    readdirSync(new URL(folder, examples))
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => `${folder}${file}`),
  );
  return files.flatMap((file) => {
    const text = readFileSync(new URL(file, examples), 'utf8').replaceAll(/[A-Z_]+_HERE/g, 'filled-in');
    const objects = loadAllYaml(text) as { kind?: string; metadata?: object }[];
    return objects
      .filter(({ kind }) => kind === 'Workspace')
      .map(
        (object) =>
          [file, workspaceFrom({ ...object, metadata: { namespace: 'default', ...object.metadata } })] as const,
      );
  });
}

describe('what is rendered for serving, on a real API server', () => {
  let plane: ControlPlane;
  let client: RestClient;
  let catalogs: Catalogs;

  before(async () => {
    plane = await ControlPlane.start();
    const transport = strictTransport(plane.connect());
    client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'kaito-sdk' });
    const own = fileURLToPath(new URL('own-model/config.json', examples));
    const revision = '0123456789abcdef0123456789abcdef01234567';
    const config = operatorConfig(
      {
        models: [{ name: 'my-phi', repository: 'example/my-phi', revision, config: own, licence: 'MIT' }],
        config: {
          '@kaito-sdk/provider-karpenter': { retired: 'warn' },
          '@kaito-sdk/runtime-inference': {
            vllmNodes: 4,
            adapterServiceAccount: 'puller',
            adapterPodLabels: { 'azure.workload.identity/use': 'true' },
          },
        },
      },
      'e2e',
    );
    catalogs = (await installPlugins(config, fileURLToPath(import.meta.url), systemClock)).catalogs();
  });
  after(() => plane?.stop());

  /** Lets the server judge every object without storing it; an unknown or doubled field is an error. Answers what it would store. */
  async function judged(
    workspace: Workspace,
    given: Catalogs = catalogs,
  ): Promise<readonly [KubeObject, KubeObject][]> {
    const decision = plan(workspace, given);
    if (!decision.feasible) throw new Error(`${decision.code}: ${decision.message}`);
    const objects = rendered(decision, workspace, given);
    const pairs: [KubeObject, KubeObject][] = [];
    for (const object of objects) {
      const answer = await client.apply(kindOf(object), object, { fieldManager: 'kaito-sdk', dryRun: true });
      pairs.push([object, answer]);
    }
    return pairs;
  }

  function rendered(decision: Plan, workspace: Workspace, { runtimes }: Catalogs): readonly KubeObject[] {
    const runtime = runtimes.find(({ name }) => name === decision.runtime.name);
    if (!runtime) throw new Error(`no runtime ${decision.runtime.name}`);
    return runtime.render(decision, workspace);
  }

  for (const [title, workspace] of workspaces()) {
    it(`is taken with strict field validation: ${title}`, async () => {
      for (const [object, stored] of await judged(workspace)) {
        expect(lostFields(object, stored), `${object.kind} ${object.metadata.name}`).to.deep.equal([]);
      }
    });
  }

  it('is taken for every preset on every runtime', async () => {
    const machines = { 'preset-image': 'Standard_NC24ads_A100_v4', vllm: 'Standard_ND96isr_H100_v5' };
    const served: string[] = [];
    for (const { name } of catalogs.presets.flatMap(({ models }) => models.filter(({ deprecated }) => !deprecated))) {
      for (const [runtime, instanceType] of Object.entries(machines)) {
        const workspace = workspaceFrom({
          apiVersion: 'kaito.sh/v1beta1',
          kind: 'Workspace',
          metadata: { name: 'demo', namespace: 'default', annotations: { 'kaito.sh/runtime': runtime } },
          resource: { instanceType, labelSelector: { matchLabels: { apps: 'demo' } } },
          inference: { preset: { name } },
        });
        if (!plan(workspace, catalogs).feasible) continue;
        for (const [object, stored] of await judged(workspace))
          expect(lostFields(object, stored), name).to.deep.equal([]);
        served.push(`${name} on ${runtime}`);
      }
    }
    expect(served.length).to.be.above(10);
  });

  it('is taken in each way in which an adapter can come in', async () => {
    for (const refused of [[], ['loader'], ['loader', 'image-volume']]) {
      const image = 'registry.example/adapter:1';
      const workspace = {
        ...workspaceFrom({
          apiVersion: 'kaito.sh/v1beta1',
          kind: 'Workspace',
          metadata: { name: 'demo', namespace: 'default' },
          resource: { instanceType: 'Standard_NC4as_T4_v3', labelSelector: { matchLabels: { apps: 'demo' } } },
          inference: { preset: { name: 'phi-3-mini-4k-instruct' }, adapters: [{ source: { name: 'one', image } }] },
        }),
        status: { adapters: [{ name: 'one', image, refused }] },
      };
      for (const [object, stored] of await judged(workspace)) expect(lostFields(object, stored)).to.deep.equal([]);
    }
  });
});
