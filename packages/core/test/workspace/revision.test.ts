import type { KubeObject, Workspace } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { revisionOf, specHash } from '../../dist/workspace/revision.js';
import { World } from './support/pass.js';

const withModel = (name: string): Workspace => {
  const workspace = aWorkspace();
  return { ...workspace, inference: { preset: { name } } };
};
/** The revisions after these specifications, one after the other. */
const after = (...models: readonly string[]): KubeObject[] => {
  let kept: KubeObject[] = [];
  for (const model of models) {
    const { create, drop } = revisionOf(withModel(model), kept);
    kept = [...kept, ...(create ? [create] : [])].filter((one) => !drop.includes(one));
  }
  return kept;
};
const numbers = (kept: readonly KubeObject[]) => kept.map((one) => (one as unknown as { revision: number }).revision);

describe('the revisions of a Workspace', () => {
  it('hold what it asked for, so that applying it again goes back', () => {
    const workspace = withModel('one');
    const { create } = revisionOf(workspace, []);
    expect(create?.data).to.deep.equal({ resource: workspace.resource, inference: workspace.inference });
    expect(create?.metadata).to.deep.include({
      name: `demo-${specHash(workspace).slice(0, 16)}`,
      labels: { 'workspace.kaito.io/name': 'demo' },
      annotations: { 'workspace.kaito.io/hash': specHash(workspace) },
    });
    expect(create?.metadata.ownerReferences?.[0]).to.include({ kind: 'Workspace', name: 'demo', controller: true });
  });

  it('count up, and one that comes back keeps its number', () => {
    expect(numbers(after('one', 'two', 'three'))).to.deep.equal([1, 2, 3]);
    const kept = after('one', 'two');
    expect(revisionOf(withModel('one'), kept))
      .to.deep.include({ number: 1, drop: [] })
      .and.not.have.property('create');
  });

  it('do not count a change of status or annotations, or another order of keys', () => {
    const workspace = withModel('one');
    const same = {
      ...workspace,
      status: { state: 'Ready' },
      resource: Object.fromEntries(Object.entries(workspace.resource ?? {}).reverse()),
    };
    expect(specHash(same as Workspace)).to.equal(specHash(workspace));
    expect(specHash(withModel('two'))).not.to.equal(specHash(workspace));
  });

  it('are ten at the most: the oldest go, and never the present one', () => {
    const models = Array.from({ length: 13 }, (_, i) => `m${i}`);
    expect(numbers(after(...models))).to.deep.equal([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(numbers(after(...models, 'm3'))).to.include(4);
  });

  it('are kept once the workload is applied, and a pass without a change makes none', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    expect(world.cluster.kept).to.deep.equal([]);
    await world.up();
    expect(numbers(world.cluster.kept)).to.deep.equal([1]);
    await world.pass();
    expect(numbers(world.cluster.kept)).to.deep.equal([1]);
  });
});
