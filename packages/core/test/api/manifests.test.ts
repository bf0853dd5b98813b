import { readdirSync, readFileSync } from 'node:fs';
import { loadAllYaml, loadYaml } from '@kubernetes/client-node';
import { expect } from 'chai';
import { admitWorkspace, WORKSPACE_API_VERSIONS, workspaceFrom } from '../../dist/api/index.js';
import { formatFieldErrors } from '../../dist/resource/index.js';

/** The manifests that the examples tell people to apply, and the forms of KAITO's own guides. */
const folder = new URL('../../../../examples/inference/', import.meta.url);
const examples = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

const adapter = `
apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata:
  name: workspace-with-adapter
resource:
  instanceType: "some-type"
  labelSelector:
    matchLabels:
      apps: with-adapter
inference:
  preset:
    name: some-model-128k-instruct
  adapters:
    - source:
        name: "some-adapter"
        image: "REGISTRY.azurecr.io/ADAPTER:0.0.1"
      strength: "1.0"
`;

const tuning = `
apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata:
  name: workspace-tuning
resource:
  instanceType: "some-type"
  labelSelector:
    matchLabels:
      app: tuning
tuning:
  preset:
    name: some-model-4k-instruct
  method: qlora
  input:
    urls:
      - "https://example.com/datasets/train-00000-of-00001.parquet?download=true"
  output:
    image: "REGISTRY.azurecr.io/IMAGE:0.0.1"
    imagePushSecret: SECRET
`;

const filledIn = (manifest: string): string =>
  manifest
    .replaceAll('REGISTRY', 'myregistry')
    .replace('ADAPTER', 'adapter')
    .replace('IMAGE', 'image')
    .replace('SECRET', 'push-secret');

const problems = (manifest: string): string => formatFieldErrors(admitWorkspace(workspaceFrom(loadYaml(manifest))));

describe('the quick-start manifests', () => {
  it('are there', () => {
    expect(examples).not.to.be.empty;
  });

  for (const file of examples) {
    it(`${file} is admitted in both versions, its placeholders filled in`, () => {
      const manifest = readFileSync(new URL(file, folder), 'utf8').replaceAll(/[A-Z_]+_HERE/g, 'filled-in');
      const objects = loadAllYaml(manifest) as { apiVersion: string; kind: string }[];
      const [workspace, ...others] = objects.filter(({ kind }) => kind === 'Workspace');
      expect(others).to.deep.equal([]);
      for (const apiVersion of WORKSPACE_API_VERSIONS) {
        expect(formatFieldErrors(admitWorkspace(workspaceFrom({ ...workspace, apiVersion })))).to.equal('');
      }
    });
  }

  it('with an adapter or for tuning are admitted once their placeholders are filled in', () => {
    expect(problems(filledIn(adapter))).to.equal('');
    expect(problems(filledIn(tuning))).to.equal('');
  });

  it('with their placeholders are refused by the name of the field', () => {
    expect(problems(adapter)).to.match(
      /^inference\.adapters\[0\]\.source\.image: .*the repository must be in lower case/,
    );
    expect(problems(tuning)).to.match(
      /^tuning\.output\.image: .*; tuning\.output\.imagePushSecret: "SECRET" is invalid/,
    );
  });

  it('of the two kinds cannot replace each other', () => {
    const [inference, other] = [adapter, tuning].map((manifest) => workspaceFrom(loadYaml(filledIn(manifest))));
    const swapped = { ...other, metadata: inference?.metadata, resource: inference?.resource };
    expect(formatFieldErrors(admitWorkspace(swapped, inference))).to.match(
      /^tuning is forbidden: a Workspace for inference cannot become one for tuning: delete the Workspace and apply it again/,
    );
  });
});
