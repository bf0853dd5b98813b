import { explain } from '@kaito-sdk/core';
import { expect } from 'chai';
import {
  aCatalog,
  anInstance,
  annotated,
  aPreset,
  aRuntime,
  aWorkspace,
  catalogs,
  feasible,
  infeasible,
} from './fixtures.js';

describe('explaining a decision', () => {
  it('puts a Plan into lines, every figure with its source', () => {
    expect(explain(feasible(aWorkspace()))).to.deep.equal([
      'workspace   garden/songs (inference)',
      'model       sparrow-small-instruct: birds/Sparrow-small, weights at c0ffee0, licence MIT',
      'nodes       1 x Small (1 x NVIDIA B1, 8.00 GiB each), on-demand, by gardener',
      'disk        50.00 GiB',
      'price       $1 an hour (list price in north, 2026-01-01)',
      'runtime     nest: it sings',
      'engine      registry.example/sparrow-small-instruct:1',
      '            sing --context 4000',
      '            bfloat16, port 5000, ready within 600 s of its start or it has failed',
      'memory      4.91 GiB of 8.00 GiB usable, on each GPU of 8.00 GiB',
      '              1.00 GiB  weights (a figure)',
      '              3.91 GiB  cache (a figure)',
      'context     4000 tokens; the model was made for 4000, and 7168 fit',
      '            1 sequence of that length at once',
      'unchecked   whether Small is in stock and within the quota',
    ]);
  });

  it('labels the first of several and lines up the rest', () => {
    const instances = [
      aCatalog(
        anInstance('Tiny', { gpuGib: 1, usd: 0.1 }),
        anInstance('Wee', { gpuGib: 1, usd: 0.2 }),
        anInstance('Small', { gpuGib: 4 }),
      ),
    ];
    const workspace = { ...annotated({ 'kaito.sh/x': '1' }), resource: { count: 2, labelSelector: {} } };
    const lines = explain(feasible(workspace, catalogs({ instances })));
    expect(lines.filter((line) => line.startsWith('warning'))).to.have.length(1);
    expect(lines).to.include('price       unknown');
    const at = lines.findIndex((line) => line.startsWith('rejected'));
    expect(lines[at]).to.match(/^rejected {4}Tiny: sparrow/);
    expect(lines[at + 1]).to.match(/^ {12}Wee: sparrow/);
  });

  it('says where weights inside an image come from', () => {
    const nest = aRuntime();
    const configure: typeof nest.configure = (need, fit) => ({ ...nest.configure(need, fit), weights: 'image' });
    const [, model] = explain(feasible(aWorkspace(), catalogs({ runtimes: [aRuntime({ configure })] })));
    expect(model).to.contain('weights inside the image');
  });

  it('says of weights from a hub that they need a token', () => {
    const preset = aPreset();
    const gated = aPreset({ weights: { ...preset.weights, gated: true } });
    const decision = feasible(aWorkspace(), catalogs({ presets: [{ name: 'birds', models: [gated] }] }));
    expect(decision.model.gated).to.equal(true);
    expect(explain(decision)[1]).to.match(/licence MIT, gated: needs a token/);
    expect(feasible(aWorkspace()).model).not.to.have.property('gated');
  });

  it('puts a refusal into the field, the reason and the way out', () => {
    expect(explain(infeasible(aWorkspace({ inference: { preset: { name: 'whale' } } })))).to.deep.equal([
      'infeasible  inference.preset.name: There is no preset "whale". (UnknownPreset)',
      'way out     Known are sparrow-large-instruct, sparrow-small-instruct.',
    ]);
  });
});
