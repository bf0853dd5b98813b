import { type KubeObject, plan, workspaceFrom } from '@kaito-sdk/core';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { renderCommand } from '../../dist/commands/render.js';
import { UsageError } from '../../dist/usage-error.js';
import { planning } from '../support/planning.js';
import { failure, runCommand, scratch } from '../support/run-command.js';

const workspace = (name: string, instanceType: string) => `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata: { name: ${name} }
resource: { instanceType: ${instanceType}, labelSelector: { matchLabels: { apps: demo } } }
inference: { preset: { name: phi-3-mini-4k-instruct } }
`;
const TUNING = `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata: { name: tune, namespace: lab }
resource: { instanceType: Standard_NC4as_T4_v3, labelSelector: { matchLabels: { apps: demo } } }
tuning:
  preset: { name: phi-3-mini-4k-instruct }
  method: qlora
  input: { urls: ["https://example.com/data.parquet"] }
  output: { image: "registry.example.com/out:1", imagePushSecret: push }
`;

describe('kaito render', () => {
  let files: Awaited<ReturnType<typeof scratch>>;
  before(async () => {
    files = await scratch({
      'good.yaml': workspace('good', 'Standard_NC4as_T4_v3'),
      'both.yaml': `${workspace('old', 'Standard_NC6s_v3')}---\n${workspace('good', 'Standard_NC4as_T4_v3')}`,
      'bad.yaml': workspace('Bad', 'Standard_NC4as_T4_v3'),
      'tuning.yaml': TUNING,
    });
  });
  after(() => files.remove());

  it('prints what the runtime of the Plan renders, a document an object, without a cluster', async () => {
    const { code, out, err } = await runCommand(renderCommand, '-f', files.path('good.yaml'));
    expect([code, err]).to.deep.equal([0, '']);
    const objects = parseAllDocuments(out).map((document) => document.toJS() as KubeObject);
    const catalogs = await planning();
    const read = workspaceFrom(parse(workspace('good', 'Standard_NC4as_T4_v3')));
    const asked = { ...read, metadata: { ...read.metadata, namespace: 'default' } };
    const decision = plan(asked, catalogs);
    if (!decision.feasible) throw new Error(decision.message);
    const rendered =
      catalogs.runtimes.find(({ name }) => name === decision.runtime.name)?.render(decision, asked) ?? [];
    expect(objects.map(({ kind, metadata }) => [kind, metadata.name])).to.deep.equal(
      rendered.map(({ kind, metadata }) => [kind, metadata.name]),
    );
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    expect(deployment).to.deep.equal(JSON.parse(JSON.stringify(rendered.find(({ kind }) => kind === 'Deployment'))));
    for (const { metadata } of objects) expect(metadata.namespace).to.equal('default');
  });

  it('prints a List as JSON, of the same objects', async () => {
    const { out } = await runCommand(renderCommand, '-f', files.path('good.yaml'), '-o', 'json');
    const list = JSON.parse(out);
    expect(list).to.include({ apiVersion: 'v1', kind: 'List' });
    const yaml = (await runCommand(renderCommand, '-f', files.path('good.yaml'))).out;
    expect(parseAllDocuments(yaml).map((document) => document.toJS())).to.deep.equal(list.items);
  });

  it('has the Job that looks at the data before that of a tuning, in the namespace of the Workspace', async () => {
    const { out } = await runCommand(renderCommand, '-f', files.path('tuning.yaml'), '-o', 'json');
    const { items } = JSON.parse(out) as { items: KubeObject[] };
    expect(items.map(({ kind }) => kind)).to.deep.equal(['Job', 'ConfigMap', 'Job']);
    for (const { metadata } of items) expect(metadata.namespace).to.equal('lab');
  });

  it('prints nothing of a Workspace that cannot be served, says why, and goes on with the others', async () => {
    const { code, out, err } = await runCommand(renderCommand, '-f', files.path('both.yaml'));
    expect(code).to.equal(1);
    expect(err).to.match(/^workspace {3}default\/old\ninfeasible {2}resource\.instanceType: .*retired/);
    expect(out)
      .to.match(/name: good/)
      .and.not.match(/name: old/);
    const bad = await runCommand(renderCommand, '-f', files.path('bad.yaml'));
    expect([bad.code, bad.out]).to.deep.equal([1, '']);
    expect(bad.err).to.match(/^invalid {5}metadata\.name: "Bad" is invalid/m);
  });

  for (const [title, args, message] of [
    ['no manifest', [], /which manifest\?/],
    ['a table', ['-f', 'x', '-o', 'table'], /--output takes yaml or json, not "table"/],
    ['a file that is not there', ['-f', 'none.yaml'], /cannot read none\.yaml/],
  ] as const) {
    it(`refuses ${title}`, async () => {
      expect(await failure(renderCommand, ...args))
        .to.be.instanceOf(UsageError)
        .and.match(message);
    });
  }
});
