import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  conditionTypes,
  isReservedLabel,
  isWorkspace,
  labels,
  nodeLabelsOf,
  WORKSPACE_API_VERSIONS,
  WORKSPACES,
  Workspace,
  workspaceFrom,
} from '../../dist/api/index.js';
import { kindOf } from '../../dist/kube/kinds.js';
import { crdOf, type JsonSchema, schemaOf } from '../../dist/resource/index.js';
import { aWorkspace } from './workspace-cases.js';

const golden = JSON.parse(readFileSync(new URL('../../test/api/workspace-crd.golden.json', import.meta.url), 'utf8'));

interface Version {
  name: string;
  served: boolean;
  storage: boolean;
  schema: object;
  subresources: object;
  additionalPrinterColumns: { name: string; jsonPath: string; priority?: number }[];
}
const crd = crdOf(Workspace);
const spec = crd.spec as { names: object; scope: string; versions: Version[] };

/** Every field as a dotted path; `[]` for items, `[*]` for the values of a map. */
function paths(schema: JsonSchema, at = ''): string[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) =>
      paths(each, at === '' ? name : `${at}.${name}`),
    ),
    ...(schema.items === undefined ? [] : paths(schema.items, `${at}[]`)),
    ...(schema.additionalProperties === undefined ? [] : paths(schema.additionalProperties, `${at}[*]`)),
  ];
  return at === '' ? inner : [at, ...inner];
}

describe('the CRD of Workspace', () => {
  it('is the one in the golden file, which a real API server took', () => {
    expect(crd).to.deep.equal(golden);
  });

  it('serves both versions with one schema and stores v1beta1', () => {
    expect(spec.versions.map(({ name, served, storage }) => ({ name, served, storage }))).to.deep.equal([
      { name: 'v1beta1', served: true, storage: true },
      { name: 'v1alpha1', served: true, storage: false },
    ]);
    expect(spec.versions[0]?.schema).to.deep.equal(spec.versions[1]?.schema);
    expect(spec.versions[0]?.subresources).to.deep.equal({ status: {} });
  });

  it('keeps the names of KAITO', () => {
    expect(crd.metadata.name).to.equal('workspaces.kaito.sh');
    expect(spec.scope).to.equal('Namespaced');
    expect(spec.names).to.deep.equal({
      kind: 'Workspace',
      listKind: 'WorkspaceList',
      plural: 'workspaces',
      singular: 'workspace',
      shortNames: ['wk', 'wks'],
      categories: ['workspace'],
    });
  });

  it('prints NAME INSTANCE RESOURCEREADY INFERENCEREADY WORKSPACEREADY AGE, and the rest with -o wide', () => {
    for (const { additionalPrinterColumns } of spec.versions) {
      const names = (wide: boolean) =>
        additionalPrinterColumns.filter(({ priority }) => (priority === 1) === wide).map(({ name }) => name);
      expect(names(false)).to.deep.equal(['Instance', 'ResourceReady', 'InferenceReady', 'WorkspaceReady', 'Age']);
      expect(names(true)).to.deep.equal(['JobStarted', 'WorkspaceSucceeded', 'Nodes', 'State', 'Price']);
    }
  });

  it('has every field of KAITO v0.3 and of its head, so that none is pruned in silence', () => {
    const kaito = `
      resource.count resource.instanceType resource.labelSelector.matchLabels[*] resource.labelSelector.matchExpressions[].key
      resource.labelSelector.matchExpressions[].operator resource.labelSelector.matchExpressions[].values[]
      resource.preferredNodes[] resource.partition.mode resource.partition.profile resource.partition.count
      inference.preset.name inference.preset.accessMode inference.preset.presetOptions.image
      inference.preset.presetOptions.imagePullSecrets[] inference.preset.presetOptions.modelAccessSecret
      inference.template inference.config inference.adapters[].strength
      inference.adapters[].source.name inference.adapters[].source.urls[] inference.adapters[].source.volumeSource
      inference.adapters[].source.image inference.adapters[].source.imagePullSecrets[]
      tuning.preset.name tuning.preset.accessMode tuning.preset.presetOptions.image tuning.method tuning.config
      tuning.input.name tuning.input.urls[] tuning.input.volumeSource tuning.input.image tuning.input.imagePullSecrets[]
      tuning.output.volumeSource tuning.output.image tuning.output.imagePushSecret
      status.workerNodes[] status.conditions[].type status.conditions[].status status.conditions[].reason
      status.conditions[].message status.conditions[].lastTransitionTime status.conditions[].observedGeneration
      status.state status.targetNodeCount status.performance.metrics[*].description status.performance.metrics[*].value
      status.performance.metrics[*].unit status.performance.metrics[*].config`;
    expect(paths(schemaOf(Workspace))).to.include.members(kaito.trim().split(/\s+/));
  });

  it('has one default only, and none for the instance type', () => {
    const defaults: string[] = [];
    const walk = (schema: JsonSchema, at: string): void => {
      if (schema.default !== undefined) defaults.push(`${at} ${JSON.stringify(schema.default)}`);
      for (const [name, each] of Object.entries(schema.properties ?? {})) walk(each, `${at}.${name}`);
      for (const each of [schema.items, schema.additionalProperties]) if (each !== undefined) walk(each, `${at}[]`);
    };
    walk(schemaOf(Workspace), '');
    expect(defaults).to.deep.equal(['.resource.count 1']);
  });

  it('keeps what the schema does not know in pod templates, volumes and the plan', () => {
    const { inference, tuning, status } = schemaOf(Workspace).properties ?? {};
    const open = [
      inference?.properties?.template,
      tuning?.properties?.input?.properties?.volumeSource,
      status?.properties?.plan,
    ];
    for (const schema of open) expect(schema?.['x-kubernetes-preserve-unknown-fields']).to.equal(true);
  });
});

describe('Workspaces as a resource', () => {
  it('live in the storage version, and both versions are known kinds', () => {
    expect(WORKSPACES).to.deep.equal({
      group: 'kaito.sh',
      version: 'v1beta1',
      kind: 'Workspace',
      plural: 'workspaces',
      namespaced: true,
    });
    for (const apiVersion of WORKSPACE_API_VERSIONS)
      expect(kindOf({ apiVersion, kind: 'Workspace' }).plural).to.equal('workspaces');
  });

  it('are read from either version, with the defaults of the API server', () => {
    for (const apiVersion of ['kaito.sh/v1beta1', 'kaito.sh/v1alpha1']) {
      expect(workspaceFrom(aWorkspace({ apiVersion })).resource.count).to.equal(1);
    }
  });

  it('are told from everything else, by name', () => {
    for (const other of [undefined, null, 3, 'x', [], {}, { kind: 'Workspace', apiVersion: 'kaito.sh/v1beta1' }]) {
      expect(isWorkspace(other)).to.equal(false);
    }
    expect(() => workspaceFrom({ apiVersion: 'v1', kind: 'Pod', metadata: {} })).to.throw('found v1 Pod');
    expect(() => workspaceFrom(undefined)).to.throw('found no Kubernetes object');
    expect(() => workspaceFrom({ kind: 'Worskpace', metadata: {} })).to.throw(
      'found a Worskpace without apiVersion; did you mean kind Workspace?',
    );
    expect(() => workspaceFrom({ ...aWorkspace(), kind: 'Worskpace' })).to.throw(
      'found kaito.sh/v1beta1 Worskpace; did you mean kind Workspace?',
    );
    expect(() => workspaceFrom({ kind: 'Workspace', metadata: {} })).to.throw('found a Workspace without apiVersion');
    expect(() => workspaceFrom({ apiVersion: 'v1' })).to.throw('found an object of v1 without kind');
    expect(() => workspaceFrom({ ...aWorkspace(), metadata: undefined })).to.throw(
      'found kaito.sh/v1beta1 Workspace without metadata',
    );
    expect(() => workspaceFrom({ ...aWorkspace(), apiVersion: 'kaito.sh/v2' })).to.throw(
      'kaito.sh/v1beta1 or kaito.sh/v1alpha1',
    );
  });

  it('give their nodes the labels of both forms of a selector', () => {
    expect(
      nodeLabelsOf({ matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'In', values: ['2'] }] }),
    ).to.deep.equal({ a: '1', b: '2' });
    expect(
      nodeLabelsOf({ matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['2'] }, null, 'x'] }),
    ).to.deep.equal({});
    expect(nodeLabelsOf(undefined)).to.deep.equal({});
  });

  it('keep the labels of the operator to the operator', () => {
    const reserved = [
      labels.workspace,
      labels.workspaceNamespace,
      'kaito.sh/ragengine',
      'karpenter.kaito.sh/managed-by',
    ];
    for (const key of reserved) expect(isReservedLabel(key), key).to.equal(true);
    for (const key of ['apps', 'kaito.sh/machine-type', 'example.com/workspace'])
      expect(isReservedLabel(key), key).to.equal(false);
  });

  it('have the conditions of KAITO v0.3 and Planned', () => {
    expect(Object.values(conditionTypes)).to.include.members([
      'Planned',
      'NodeClaimReady',
      'ResourceReady',
      'InferenceReady',
      'JobStarted',
      'WorkspaceReady',
      'WorkspaceSucceeded',
    ]);
  });
});
