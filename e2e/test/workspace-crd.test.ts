import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CRDS, crdOf, type KubeObject, validate, Workspace } from '@kaito-sdk/core';
import { expect } from 'chai';
import { cases, type WorkspaceCase } from '../../packages/core/dist-test/api/workspace-cases.js';
import { type Answer, ask } from '../dist/ask.js';
import { ControlPlane } from '../dist/control-plane.js';
import { installCrd } from '../dist/install-crd.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const quickStart = join(root, 'examples/inference/kaito_workspace_phi_3.yaml');
const recorded: Record<string, readonly string[]> = JSON.parse(
  readFileSync(join(root, 'packages/core/test/api/server-answers.json'), 'utf8'),
);

describe('the CRD of Workspace on a real API server', () => {
  let plane: ControlPlane;

  before(async () => {
    plane = await ControlPlane.start();
  });
  after(async () => {
    await plane?.stop();
  });

  it('is taken without a warning, and established', async () => {
    const file = JSON.stringify(crdOf(Workspace));
    const applied = await plane.kubectl(['apply', '--server-side', '-f', '-'], file);
    expect(applied).to.deep.equal({
      code: 0,
      out: 'customresourcedefinition.apiextensions.k8s.io/workspaces.kaito.sh serverside-applied\n',
      err: '',
    });
    await installCrd(plane.client, crdOf(Workspace));
    const live = await plane.client.get(CRDS, undefined, 'workspaces.kaito.sh');
    const { conditions = [] } = (live?.status ?? {}) as { conditions?: { type: string; status: string }[] };
    const summary = conditions.map(({ type, status }) => `${type}=${status}`).sort();
    // `NonStructuralSchema` and its like would be here too.
    expect(summary).to.deep.equal(['Established=True', 'NamesAccepted=True']);
  });

  it('takes the quick-start manifest from kubectl, and prints the columns that people know', async () => {
    expect(await plane.kubectl(['apply', '-f', quickStart])).to.deep.equal({
      code: 0,
      out: 'workspace.kaito.sh/workspace-phi-3-mini created\n',
      err: '',
    });
    const { out } = await plane.kubectl(['get', 'workspace']);
    const [header = '', row = ''] = out.split('\n');
    expect(header.split(/\s+/)).to.deep.equal([
      'NAME',
      'INSTANCE',
      'RESOURCEREADY',
      'INFERENCEREADY',
      'WORKSPACEREADY',
      'AGE',
    ]);
    expect(row).to.match(/^workspace-phi-3-mini +Standard_NC6s_v3 +\d+s$/);
  });

  it('finds nothing to change when the same manifest is applied again, by either kind of apply', async () => {
    expect((await plane.kubectl(['apply', '-f', quickStart])).out).to.equal(
      'workspace.kaito.sh/workspace-phi-3-mini unchanged\n',
    );
    expect(await plane.kubectl(['diff', '-f', quickStart])).to.deep.equal({ code: 0, out: '', err: '' });
    expect((await plane.kubectl(['apply', '--server-side', '-f', quickStart])).code).to.equal(0);
  });

  it('keeps the name of a misspelt field, and refuses it, before anything is stored', async () => {
    const misspelt = readFileSync(quickStart, 'utf8').replace('instanceType', 'instancetype');
    const { code, err } = await plane.kubectl(['apply', '-f', '-'], misspelt);
    expect(code).to.equal(1);
    expect(err).to.include('unknown field "resource.instancetype"');
  });

  it('is found under its short names and categories, and explains its fields', async () => {
    const { out } = await plane.kubectl(['api-resources', '--api-group=kaito.sh', '-o', 'wide', '--no-headers']);
    expect(out).to.match(/^workspaces +wk,wks? .*kaito\.sh\/v1beta1 +true +Workspace/);
    const { code, out: help } = await plane.kubectl(['explain', 'workspace.resource.instanceType']);
    expect(code).to.equal(0);
    expect(help).to.match(/FIELD: instanceType <string>\n\n\nDESCRIPTION:\n {4}\S/);
  });

  describe('says with our words what is wrong', () => {
    // Rules of ours; limits such as a minimum are said in the server's own words.
    const named = (name: string): WorkspaceCase => cases.find((each) => each.name === name) as WorkspaceCase;
    for (const name of [
      'neither inference nor tuning',
      'both inference and tuning',
      'inference with neither preset nor template',
      'inference with both preset and template',
      'an empty label selector',
    ]) {
      it(`with ${name}`, async () => {
        const { object } = named(name);
        const ours = validate(Workspace, object).map(({ message }) => message);
        expect(ours).to.not.be.empty;
        const { code, err } = await plane.kubectl(['apply', '-f', '-'], JSON.stringify(object));
        expect(code).to.equal(1);
        for (const message of ours) expect(err).to.include(message);
      });
    }
  });

  describe('gives the answers that were recorded', () => {
    let count = 0;

    /** The fields and reasons of the refusal; none when it is taken. */
    async function answer({ object, old }: WorkspaceCase): Promise<string[]> {
      count += 1;
      // A name of its own for each: what is wrong with names is the business of admission, not of the schema.
      const metadata = { name: `case-${count}`, namespace: 'default' };
      if (old === undefined) return refusals(await ask(plane.transport, 'POST', at(object), { ...object, metadata }));
      const created = await ask(plane.transport, 'POST', at(old), { ...old, metadata });
      const { resourceVersion } = (created.body as KubeObject).metadata;
      const update = { ...object, metadata: { ...metadata, resourceVersion } };
      return refusals(await ask(plane.transport, 'PUT', `${at(object)}/${metadata.name}`, update));
    }

    // A create does not look at the status: those cases have nothing to be refused for here.
    for (const each of cases.filter(({ object }) => object.status === undefined)) {
      it(`to ${each.name}`, async () => {
        expect(await answer(each)).to.deep.equal([...(recorded[each.name] ?? [])]);
      });
    }
  });
});

function at({ apiVersion }: Record<string, unknown>): string {
  return `/apis/${apiVersion}/namespaces/default/workspaces`;
}

/** What the server adds when a broken schema kept it from looking at the rules. Recorded answers are without it. */
const UNCHECKED = '<nil> Invalid';

function refusals({ status, body }: Answer): string[] {
  if (status < 300) return [];
  const { details } = body as { details?: { causes?: { field?: string; reason?: string }[] } };
  return (details?.causes ?? [{ reason: `HTTP ${status}` }])
    .map(({ field = '', reason = '' }) => `${field} ${reason.replace('FieldValue', '')}`)
    .filter((text) => text !== UNCHECKED)
    .sort();
}
