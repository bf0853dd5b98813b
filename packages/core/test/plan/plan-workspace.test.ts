import { gib, plan } from '@kaito-sdk/core';
import { expect } from 'chai';
import { aCatalog, anInstance, aPreset, aRuntime, aWorkspace, catalogs, feasible, infeasible } from './fixtures.js';

describe('a Plan', () => {
  it('says what will run where, and everything that the later steps need', () => {
    const { model, nodes, engine, runtime, workspace, kind } = feasible(aWorkspace());
    expect(workspace).to.deep.equal({ namespace: 'garden', name: 'songs' });
    expect(kind).to.equal('inference');
    expect(model).to.deep.equal({
      preset: 'sparrow-small-instruct',
      repository: 'birds/Sparrow-small',
      revision: 'c0ffee0',
      licence: 'MIT',
    });
    expect(nodes).to.deep.equal({
      provisioner: 'gardener',
      instanceType: 'Small',
      capacityType: 'on-demand',
      count: 1,
      gpusPerNode: 1,
      gpuResource: 'nvidia.com/gpu',
      gpu: { vendor: 'nvidia', model: 'NVIDIA B1', memoryBytes: gib(8), computeCapability: 8 },
      labels: { apps: 'songs' },
      selector: { apps: 'songs', 'kaito.sh/workspace': 'songs', 'kaito.sh/workspacenamespace': 'garden' },
      diskBytes: gib(50),
      price: { usdPerHour: 1, region: 'north', asOf: '2026-01-01', source: 'a list' },
    });
    expect(runtime).to.deep.equal({ name: 'nest', because: 'it sings' });
    expect(engine.args).to.deep.equal(['--context', '4000']);
  });

  it('is plain JSON: it comes back from a server as it went', () => {
    const decision = plan(aWorkspace(), catalogs());
    expect(JSON.parse(JSON.stringify(decision))).to.deep.equal(decision);
  });

  it('does not change the Workspace or depend on which copy of it is given', () => {
    const workspace = aWorkspace();
    const copy = structuredClone(workspace);
    expect(plan(workspace, catalogs())).to.deep.equal(plan(copy, catalogs()));
    expect(workspace).to.deep.equal(copy);
  });

  it('is for the namespace default when the file names none', () => {
    expect(feasible(aWorkspace({ metadata: { name: 'songs' } })).workspace.namespace).to.equal('default');
  });

  it('fits what the GPU can hold, and warns when that is less than the model was made for', () => {
    const given = catalogs({ instances: [aCatalog(anInstance('Small', { gpuGib: 4 }))] });
    const { engine, memory, warnings } = feasible(aWorkspace(), given);
    expect(engine.contextLength).to.equal(3 * 1024);
    expect(memory.context).to.deep.equal({ model: 4000, fits: 3 * 1024, sequences: 1 });
    expect(memory.neededBytes).to.equal(gib(4));
    expect(warnings.map(({ code }) => code)).to.deep.equal(['ContextShortened']);
    expect(warnings[0]?.message).to.equal(
      '3072 of the 4000 tokens that sparrow-small-instruct was made for fit into a NVIDIA B1; longer ones fail.',
    );
  });

  it('never serves a longer context than the model was made for', () => {
    const { engine, memory } = feasible(aWorkspace({ resource: { instanceType: 'Large', labelSelector: {} } }));
    expect(engine.contextLength).to.equal(4000);
    expect(memory.context.fits).to.be.above(4000);
  });

  it('puts a whole copy on each node, with the price of all of them', () => {
    const { nodes, warnings } = feasible(
      aWorkspace({ resource: { instanceType: 'Large', count: 3, labelSelector: {} } }),
    );
    expect(nodes.count).to.equal(3);
    expect(nodes.price?.usdPerHour).to.equal(12);
    expect(warnings.map(({ code }) => code)).to.deep.equal(['CopiesOfModel']);
  });

  it('counts the memory of one GPU, whatever their number', () => {
    const one = catalogs({ instances: [aCatalog(anInstance('Small', { gpuGib: 4, gpus: 1 }))] });
    const four = catalogs({ instances: [aCatalog(anInstance('Small', { gpuGib: 4, gpus: 4 }))] });
    expect(feasible(aWorkspace(), four).memory).to.deep.equal(feasible(aWorkspace(), one).memory);
    expect(feasible(aWorkspace(), four).nodes.gpusPerNode).to.equal(4);
  });

  it('takes the price of the region that counts, and says when there is none', () => {
    const inNorth = feasible(aWorkspace(), catalogs({ region: 'north' }));
    expect(inNorth.nodes.price?.region).to.equal('north');
    const inWest = feasible(aWorkspace(), catalogs({ region: 'west' }));
    expect(inWest.nodes).not.to.have.property('price');
    expect(inWest.unchecked).to.include('the price: no list price of Small in west is known');
  });

  it('lists what could not be checked, and what nobody verified', () => {
    const preset = aPreset({
      weights: { repository: 'birds/Sparrow-small', gated: false },
      sources: { licence: 'the model card', 'model.layers': 'hearsay; Unverified' },
    });
    const supports = () => ({
      supported: true as const,
      because: 'it sings',
      warnings: [{ code: 'Loud', message: 'It is loud.' }],
      unchecked: ['whether the registry serves the image'],
      unverified: ['the memory'],
    });
    const given = catalogs({ presets: [{ name: 'birds', models: [preset] }], runtimes: [aRuntime({ supports })] });
    const decision = feasible(aWorkspace(), given);
    expect(decision.unchecked).to.deep.equal([
      'whether Small is in stock and within the quota',
      'whether the registry serves the image',
      'which commit of birds/Sparrow-small will be served: none is pinned',
    ]);
    expect(decision.unverified).to.deep.equal([
      'the memory',
      'sparrow-small-instruct, model.layers: hearsay; Unverified',
    ]);
    expect(decision.warnings).to.deep.equal([{ code: 'Loud', message: 'It is loud.' }]);
    expect(decision.model).not.to.have.property('revision');
  });

  it('names no commit when the weights come inside the image', () => {
    const nest = aRuntime();
    const configure: typeof nest.configure = (need, fit) => ({ ...nest.configure(need, fit), weights: 'image' });
    const decision = feasible(aWorkspace(), catalogs({ runtimes: [aRuntime({ configure })] }));
    expect(decision.model).not.to.have.property('revision');
  });

  it('adds the single values of matchExpressions to the labels', () => {
    const matchExpressions = [{ key: 'zone', operator: 'In', values: ['a'] }];
    const labelSelector = { matchLabels: { apps: 'songs' }, matchExpressions };
    expect(feasible(aWorkspace({ resource: { instanceType: 'Small', labelSelector } })).nodes.labels).to.deep.equal({
      apps: 'songs',
      zone: 'a',
    });
  });

  it('keeps the labels that say whose a node is out of the hands of users, and says so', () => {
    const labelSelector = {
      matchLabels: { apps: 'songs', 'kaito.sh/workspace': 'another', 'x.kaito.sh/managed-by': 'me' },
    };
    const { nodes, warnings } = feasible(aWorkspace({ resource: { instanceType: 'Small', labelSelector } }));
    expect(nodes.labels).to.deep.equal({ apps: 'songs' });
    expect(nodes.selector['kaito.sh/workspace']).to.equal('songs');
    expect(warnings.map(({ code }) => code)).to.deep.equal(['LabelReserved', 'LabelReserved']);
  });

  it('serves a tuning Workspace by the same rules once a runtime for it is installed', () => {
    const tuner = aRuntime({
      name: 'school',
      kind: 'tuning',
      reads: { fields: ['tuning.method', 'tuning.input', 'tuning.output'] },
    });
    const tuning = {
      preset: { name: 'sparrow-small-instruct' },
      method: 'qlora',
      input: { urls: ['https://x.example'] },
      output: { image: 'x' },
    };
    const workspace = aWorkspace({ inference: undefined, tuning });
    expect(infeasible(workspace)).to.include({ code: 'NotSupported', field: 'tuning' });
    const decision = feasible(workspace, catalogs({ runtimes: [aRuntime(), tuner] }));
    expect(decision).to.deep.include({ kind: 'tuning', runtime: { name: 'school', because: 'it sings' } });
  });
});
