import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Catalogs,
  type KubeObject,
  kindOf,
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

const examples = new URL('../../examples/fine-tuning/', import.meta.url);
const volume = (claimName: string) => ({ volumeSource: { persistentVolumeClaim: { claimName } } });
const image = { image: 'registry.example/team/adapter:1', imagePushSecret: 'push' };

/** Every tuning Workspace among the examples, its placeholders filled in. */
function tunings(): readonly (readonly [file: string, workspace: Workspace])[] {
  return readdirSync(examples)
    .filter((file) => file.endsWith('.yaml') && file !== 'short-training.yaml')
    .flatMap((file) => {
      const text = readFileSync(new URL(file, examples), 'utf8')
        .replaceAll('DATA_URL_HERE', 'https://data.example')
        .replaceAll(/[A-Z_]+_HERE/g, 'filled-in');
      return (loadAllYaml(text) as { tuning?: object; metadata: object }[])
        .filter(({ tuning }) => tuning !== undefined)
        .map(
          (object) =>
            [file, workspaceFrom({ ...object, metadata: { namespace: 'default', ...object.metadata } })] as const,
        );
    });
}

/** A tuning Workspace with these sources and settings. */
function aTuning(tuning: object): Workspace {
  return workspaceFrom({
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo', namespace: 'default' },
    resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'demo' } } },
    tuning: { preset: { name: 'phi-3-mini-4k-instruct' }, method: 'lora', ...tuning },
  });
}

describe('what is rendered for tuning, on a real API server', () => {
  let plane: ControlPlane;
  let client: RestClient;
  let catalogs: Catalogs;

  before(async () => {
    plane = await ControlPlane.start();
    const transport = strictTransport(plane.connect());
    client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'kaito-sdk' });
    const config = operatorConfig(
      {
        config: {
          '@kaito-sdk/provider-karpenter': { retired: 'warn' },
          '@kaito-sdk/runtime-tuning': { pullSecrets: ['registry'], hubEndpoint: 'https://hub.example' },
        },
      },
      'e2e',
    );
    catalogs = (await installPlugins(config, fileURLToPath(import.meta.url), systemClock)).catalogs();
  });
  after(() => plane?.stop());

  /** What the server would not take as it is: an unknown or doubled field is an error, a field that it drops is told. */
  async function lost(workspace: Workspace): Promise<readonly string[]> {
    const decision = plan(workspace, catalogs);
    if (!decision.feasible) throw new Error(`${decision.code}: ${decision.message}`);
    const runtime = catalogs.runtimes.find(({ name }) => name === decision.runtime.name);
    const look = runtime?.check?.(decision, workspace);
    const objects = [...(runtime?.render(decision, workspace) ?? []), ...(look ? [look] : [])];
    expect(objects.map(({ kind }) => kind)).to.deep.equal(['ConfigMap', 'Job', 'Job']);
    const answers = objects.map(async (object: KubeObject) => {
      const stored = await client.apply(kindOf(object), object, { fieldManager: 'kaito-sdk', dryRun: true });
      return lostFields(object, stored).map((field) => `${object.kind} ${object.metadata.name}${field}`);
    });
    return (await Promise.all(answers)).flat();
  }

  for (const [file, workspace] of tunings()) {
    it(`is taken with strict field validation: ${file}`, async () => {
      expect(await lost(workspace)).to.deep.equal([]);
    });
  }

  for (const [what, tuning] of [
    [
      'an image, pulled with secrets',
      { input: { image: 'registry.example/data:1', imagePullSecrets: ['a', 'b'] }, output: image },
    ],
    ['a volume', { input: volume('data'), output: image }],
    ['a volume, with the results in another', { input: volume('data'), output: volume('results') }],
    [
      'a volume of the node',
      { input: { volumeSource: { hostPath: { path: '/data', type: 'Directory' } } }, output: image },
    ],
    [
      'a file share',
      { input: { volumeSource: { nfs: { server: 'files', path: '/data' } } }, output: volume('results') },
    ],
    [
      'addresses, with settings of the user',
      { input: { urls: ['https://data.example/a.csv'] }, config: 'mine', output: image },
    ],
  ] as const) {
    it(`is taken with data from ${what}`, async () => {
      expect(await lost(aTuning(tuning))).to.deep.equal([]);
    });
  }
});
