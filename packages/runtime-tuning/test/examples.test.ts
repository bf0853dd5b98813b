import { readdirSync, readFileSync } from 'node:fs';
import {
  admitWorkspace,
  type Plan,
  plan,
  WORKSPACE_API_VERSIONS,
  type Workspace,
  workspaceFrom,
} from '@kaito-sdk/core';
import { TuningRuntime } from '@kaito-sdk/runtime-tuning';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { catalogs, DOLLY } from './fixtures.js';

const folder = new URL('../../../examples/fine-tuning/', import.meta.url);
const manifests = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'short-training.yaml');

/** The Workspaces of a manifest, its placeholders filled in. */
function workspacesOf(file: string): readonly Workspace[] {
  const text = readFileSync(new URL(file, folder), 'utf8')
    .replaceAll('DATA_URL_HERE', 'https://data.example')
    .replaceAll('REGISTRY_HERE', 'registry.example')
    .replaceAll(/[A-Z_]+_HERE/g, 'filled-in');
  return parseAllDocuments(text).map((document) => {
    const object = document.toJS();
    return workspaceFrom({ ...object, metadata: { namespace: 'default', ...object.metadata } });
  });
}

function planned(workspace: Workspace): Plan {
  const decision = plan(workspace, catalogs());
  if (!decision.feasible) throw new Error(`${decision.field}: ${decision.message}`);
  return decision;
}

describe('the tuning manifests among the examples', () => {
  for (const file of manifests) {
    it(`are admitted in both versions: ${file}`, () => {
      for (const workspace of workspacesOf(file)) {
        for (const apiVersion of WORKSPACE_API_VERSIONS) {
          expect(admitWorkspace({ ...workspace, apiVersion } as Workspace)).to.deep.equal([]);
        }
      }
    });
  }

  for (const [file, name, preset] of [
    ['tuning-phi-3-mini-4k.yaml', 'workspace-phi-3-mini', 'phi-3-mini-4k-instruct'],
    ['tuning-phi-3-mini-128k.yaml', 'workspace-phi-3-mini-adapter', 'phi-3-mini-128k-instruct'],
  ] as const) {
    it(`fit on the machine that they name, and are rendered as they ask: ${file}`, () => {
      const [workspace] = workspacesOf(file);
      const decision = planned(workspace as Workspace);
      expect(decision).to.deep.include({ kind: 'tuning', workspace: { namespace: 'default', name } });
      expect(decision.model.preset).to.equal(preset);
      expect(decision.nodes).to.include({ instanceType: 'Standard_NC6s_v3', count: 1, gpusPerNode: 1 });
      expect(decision.engine.image).to.match(/-volta$/);
      expect(decision.engine.tuning).to.deep.include({
        method: 'qlora',
        output: { kind: 'image', to: 'filled-in.azurecr.io/filled-in:0.0.1' },
      });
      const [config, job] = new TuningRuntime().render(decision, workspace as Workspace);
      const { data } = config as unknown as { readonly data: Readonly<Record<string, string>> };
      expect(JSON.parse(data['task.json'] ?? '')).to.deep.include({
        input: { urls: [DOLLY] },
        output: { image: 'filled-in.azurecr.io/filled-in:0.0.1', secret: 'filled-in' },
        method: 'qlora',
      });
      expect(job).to.deep.include({ kind: 'Job' }).and.have.nested.property('metadata.name', name);
    });
  }

  it('of a laptop makes an adapter, and serves the one that it makes', () => {
    const [tune, tuned] = workspacesOf('local.yaml');
    expect(planned(tune as Workspace)).to.include({ kind: 'tuning' });
    expect(tuned?.inference?.adapters?.map(({ tuning }) => tuning?.workspace)).to.deep.equal([tune?.metadata.name]);
    expect(tuned?.inference?.preset).to.deep.equal(tune?.tuning?.preset);
  });

  it('of a cluster is served by the one that names it, of the same model', () => {
    const [tune] = workspacesOf('tuning-phi-3-mini-4k.yaml');
    const [serve] = workspacesOf('serve_tuned_phi_3.yaml');
    expect(serve?.inference?.adapters?.map(({ tuning }) => tuning)).to.deep.equal([
      { workspace: tune?.metadata.name, follow: true },
    ]);
    expect(serve?.inference?.preset).to.deep.equal(tune?.tuning?.preset);
  });
});
