import { gib } from '@kaito-sdk/core';
import { expect } from 'chai';
import {
  aCatalog,
  anInstance,
  aPreset,
  aRuntime,
  aWorkspace,
  catalogs,
  feasible,
  infeasible,
  PLAIN_DEMAND,
} from './fixtures.js';

const on = (instanceType?: string) => aWorkspace({ resource: { instanceType, labelSelector: { matchLabels: {} } } });

describe('choosing an instance type', () => {
  it('finds the one that is named, whatever its case', () => {
    expect(feasible(on('sMALL')).nodes.instanceType).to.equal('Small');
  });

  it('takes the cheapest that fits when none is named', () => {
    const instances = [
      aCatalog(
        anInstance('Dear', { usd: 9 }),
        anInstance('TooSmall', { usd: 0.1, gpuGib: 1 }),
        anInstance('Unpriced', {}),
        anInstance('Right', { usd: 2 }),
      ),
    ];
    const decision = feasible(on(), catalogs({ instances }));
    expect(decision.nodes.instanceType).to.equal('Right');
    expect(decision.rejected.map(({ candidate }) => candidate)).to.deep.equal(['TooSmall']);
    expect(decision.rejected[0]?.reason).to.contain('needs 1.98 GiB on each GPU');
  });

  it('treats an empty name as none', () => {
    expect(feasible(on(' ')).nodes.instanceType).to.equal('Small');
  });

  it('takes one without a price when no other fits', () => {
    const instances = [aCatalog(anInstance('TooSmall', { usd: 0.1, gpuGib: 1 }), anInstance('Unpriced', {}))];
    expect(feasible(on(), catalogs({ instances })).nodes.instanceType).to.equal('Unpriced');
  });

  it('lets the first of two catalogs win', () => {
    const instances = [aCatalog(anInstance('Small', { gpuGib: 24 })), aCatalog(anInstance('Small', { gpuGib: 1 }))];
    expect(feasible(on('Small'), catalogs({ instances })).nodes.gpu.memoryBytes).to.equal(gib(24));
  });

  it('refuses an unknown one with what it may have meant and what would do', () => {
    expect(infeasible(on('Smal'))).to.deep.equal({
      feasible: false,
      code: 'UnknownInstanceType',
      field: 'resource.instanceType',
      message: 'There is no instance type "Smal" in the installed catalogs.',
      remedy: 'Did you mean "Small"? Set resource.instanceType to Small ($1 an hour in north), the cheapest that fits.',
      rejected: [],
    });
  });

  it('says that nothing can be chosen from no catalog', () => {
    const given = catalogs({ instances: [] });
    expect(infeasible(on(), given).code).to.equal('InstanceTypeRequired');
    expect(infeasible(on('Small'), given).code).to.equal('UnknownInstanceType');
  });

  it('refuses one that is too small, with the figures and the cheapest that fits', () => {
    const instances = [
      aCatalog(anInstance('Tiny', { gpuGib: 1.5, usd: 0.2 }), anInstance('Large', { gpuGib: 80, usd: 4 })),
    ];
    const refusal = infeasible(on('Tiny'), catalogs({ instances }));
    expect(refusal).to.include({ code: 'InsufficientMemory', field: 'resource.instanceType' });
    expect(refusal.message).to.equal(
      'sparrow-small-instruct with nest needs 1.98 GiB on each GPU for a context of 1000 tokens, and a NVIDIA B1 of Tiny can give 1.50 GiB of its 1.50 GiB.',
    );
    expect(refusal.remedy).to.equal(
      'Set resource.instanceType to Large ($4 an hour in north), the cheapest that fits.',
    );
    expect(refusal.rejected).to.deep.equal([{ candidate: 'Tiny with nest', reason: refusal.message }]);
  });

  it('says so when nothing at all fits', () => {
    const sizing = () => ({ ...PLAIN_DEMAND, fixed: [{ name: 'weights', bytes: gib(500), source: 'a figure' }] });
    const given = catalogs({ runtimes: [aRuntime({ sizing })] });
    for (const workspace of [on(), on('Small')]) {
      const refusal = infeasible(workspace, given);
      expect(refusal.code).to.equal('InsufficientMemory');
      expect(refusal.remedy).to.equal('No known instance type fits: choose a smaller model.');
    }
    expect(infeasible(on(), given).message).to.contain(
      'the nearest: sparrow-small-instruct with nest needs 500.98 GiB',
    );
  });

  it('shows only so many reasons when a whole catalog does not fit', () => {
    const many = Array.from({ length: 40 }, (_, index) => anInstance(`Tiny${index}`, { gpuGib: 1, usd: index + 1 }));
    const { rejected } = infeasible(on(), catalogs({ instances: [aCatalog(...many)] }));
    expect(rejected).to.have.length(13);
    expect(rejected.at(-1)?.candidate).to.equal('28 more instance types');
  });

  it('refuses one without room for image and weights', () => {
    const cramped = anInstance('Cramped', { usd: 0.5 }, { diskBytes: gib(30) });
    const given = catalogs({ instances: [aCatalog(cramped, anInstance('Roomy', { usd: 2 }, { diskBytes: gib(50) }))] });
    const refusal = infeasible(on('Cramped'), given);
    expect(refusal.code).to.equal('InsufficientDisk');
    expect(refusal.message).to.equal(
      'sparrow-small-instruct needs 50.00 GiB of disk, and Cramped has at most 30.00 GiB.',
    );
    expect(refusal.remedy).to.contain('Roomy');
    expect(feasible(on('Roomy'), given).nodes.diskBytes).to.equal(gib(50));
  });

  it('accepts a context as short as the model has, though the runtime would like a longer one', () => {
    const { model } = aPreset();
    const presets = [{ name: 'birds', models: [aPreset({ model: { ...model, contextLength: 512 } })] }];
    expect(feasible(on('Small'), catalogs({ presets })).engine.contextLength).to.equal(512);
  });
});

describe('a retired instance type', () => {
  const old = anInstance('Old', { usd: 0.5 }, { retiredOn: '2026-06-30' });
  const instances = [aCatalog(old, anInstance('New', { usd: 2 }))];
  const { provisioner } = catalogs();

  it('is refused where the cloud no longer has it, with the cheapest replacement', () => {
    const refusal = infeasible(on('old'), catalogs({ instances }));
    expect(refusal.code).to.equal('InstanceTypeRetired');
    expect(refusal.message).to.equal('Old was retired on 2026-06-30 and cannot be had any more.');
    expect(refusal.remedy).to.equal('Set resource.instanceType to New ($2 an hour in north), the cheapest that fits.');
  });

  it('is planned with a warning where it can still exist', () => {
    const given = catalogs({ instances, provisioner: { ...provisioner, retired: 'warn' } });
    const { nodes, warnings } = feasible(on('Old'), given);
    expect(nodes.instanceType).to.equal('Old');
    expect(warnings).to.deep.equal([
      {
        code: 'InstanceTypeRetired',
        message:
          'Old was retired on 2026-06-30: a cloud will not give it. New ($2 an hour in north) is the cheapest that fits instead.',
      },
    ]);
  });

  it('is never chosen for somebody who named none', () => {
    for (const retired of ['warn', 'refuse'] as const) {
      const decision = feasible(on(), catalogs({ instances, provisioner: { ...provisioner, retired } }));
      expect(decision.nodes.instanceType).to.equal('New');
      expect(decision.rejected).to.deep.equal([{ candidate: 'Old', reason: 'It was retired on 2026-06-30.' }]);
    }
  });

  it('is only announced before its day', () => {
    const { warnings } = feasible(on('Old'), catalogs({ instances, today: '2026-06-29' }));
    expect(warnings.map(({ code, message }) => [code, message])).to.deep.equal([
      [
        'InstanceTypeRetiring',
        'Old will be retired on 2026-06-30. New ($2 an hour in north) is the cheapest that fits instead.',
      ],
    ]);
  });

  it('is said to be one when it is what somebody may have meant', () => {
    expect(infeasible(on('Oldd'), catalogs({ instances })).remedy).to.match(
      /^Did you mean "Old" \(retired\)\? Set .* to New/,
    );
  });

  it('leaves nothing to choose from when all are', () => {
    const refusal = infeasible(on(), catalogs({ instances: [aCatalog(old)] }));
    expect(refusal).to.include({ code: 'InstanceTypeRetired', message: 'Every known instance type is retired.' });
  });
});

describe('machines that are there already', () => {
  const stock = [anInstance('Own', { gpuGib: 24 })];

  it('are what a Workspace gets that names none, however cheap a catalog is', () => {
    expect(feasible(on(), catalogs({ stock })).nodes.instanceType).to.equal('Own');
    expect(feasible(on(), catalogs({ stock: [] })).nodes.instanceType).to.equal('Small');
  });

  it('count before the catalog in what they are, and leave what it knows nameable', () => {
    const smaller = [anInstance('Small', { gpuGib: 6 })];
    expect(feasible(on('small'), catalogs({ stock: smaller })).nodes.gpu.memoryBytes).to.equal(gib(6));
    expect(feasible(on('Large'), catalogs({ stock })).nodes.instanceType).to.equal('Large');
  });

  it('are what the way out leads to', () => {
    expect(infeasible(on('Owm'), catalogs({ stock })).remedy).to.equal(
      'Did you mean "Own"? Set resource.instanceType to Own (price unknown), the cheapest that fits.',
    );
  });

  it('are refused with the reason when none of them will do', () => {
    const refusal = infeasible(on(), catalogs({ stock: [anInstance('Own', { gpuGib: 1 })] }));
    expect(refusal.code).to.equal('InsufficientMemory');
    expect(refusal.rejected.map(({ candidate }) => candidate))
      .to.include('Own')
      .and.not.include('Small');
  });
});
