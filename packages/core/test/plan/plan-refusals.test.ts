import { expect } from 'chai';
import { annotated, aRuntime, aWorkspace, catalogs, feasible, infeasible } from './fixtures.js';

const resource = { instanceType: 'Small', labelSelector: { matchLabels: { apps: 'songs' } } };
const preset = { name: 'sparrow-small-instruct' };

describe('what is not supported yet', () => {
  const fields: readonly (readonly [field: string, parts: Readonly<Record<string, unknown>>])[] = [
    ['inference.adapters', { inference: { preset, adapters: [{ source: { image: 'x/y:1' } }] } }],
    ['inference.config', { inference: { preset, config: 'my-config' } }],
    ['inference.template', { inference: { template: { spec: { containers: [] } } } }],
    ['inference.preset.accessMode', { inference: { preset: { ...preset, accessMode: 'private' } } }],
    [
      'inference.preset.presetOptions.image',
      { inference: { preset: { ...preset, presetOptions: { image: 'x/y:1' } } } },
    ],
    [
      'inference.preset.presetOptions.imagePullSecrets',
      { inference: { preset: { ...preset, presetOptions: { imagePullSecrets: ['a'] } } } },
    ],
    [
      'inference.preset.presetOptions.modelAccessSecret',
      { inference: { preset: { ...preset, presetOptions: { modelAccessSecret: 'a' } } } },
    ],
    ['resource.preferredNodes', { resource: { ...resource, preferredNodes: ['node-1'] } }],
    ['resource.partition', { resource: { ...resource, partition: { mode: 'mig', profile: '1g.10gb' } } }],
    ['resource.labelSelector.matchFields', { resource: { ...resource, labelSelector: { matchFields: ['a'] } } }],
    ['tuning', { inference: undefined, tuning: { preset, method: 'qlora' } }],
    ['spec', { spec: { inference: {} } }],
  ];
  for (const [field, parts] of fields) {
    it(`is refused by name, with a way out: ${field}`, () => {
      const refusal = infeasible(aWorkspace(parts));
      expect(refusal).to.include({ code: 'NotSupported', field });
      expect(refusal.message).to.match(new RegExp(`^${field.replaceAll('.', '\\.')} is not supported yet`));
      expect(refusal.remedy).to.match(/^[A-Z].*\.$/);
    });
  }

  it('is refused once, for the first field, whatever else is wrong after it', () => {
    const refusal = infeasible(
      aWorkspace({ inference: { preset: { name: 'nonsense' }, config: 'x', adapters: [{}] } }),
    );
    expect(refusal.field).to.equal('inference.adapters');
  });

  it('does not mind what is set to nothing', () => {
    const empty = {
      preset: { ...preset, accessMode: 'public', presetOptions: {} },
      adapters: [],
      config: '',
      template: null,
    };
    const decision = feasible(
      aWorkspace({
        inference: empty,
        resource: { ...resource, preferredNodes: [], partition: undefined },
        tuning: null,
      }),
    );
    expect(decision.warnings).to.deep.equal([]);
  });

  it('is served as soon as a runtime reads it, by that runtime', () => {
    const workspace = aWorkspace({ inference: { preset, adapters: [{ source: { image: 'x/y:1' } }] } });
    const reader = aRuntime({ name: 'choir', preference: 1, reads: { fields: ['inference.adapters'] } });
    const decision = feasible(workspace, catalogs({ runtimes: [aRuntime(), reader] }));
    expect(decision.runtime.name).to.equal('choir');
    expect(decision.rejected).to.deep.equal([
      { candidate: 'Small with nest', reason: 'inference.adapters is not supported by nest.' },
    ]);
  });

  it('names the runtime that would read it when another was asked for', () => {
    const reader = aRuntime({ name: 'choir', reads: { fields: ['inference.config'] } });
    const workspace = { ...annotated({ 'kaito.sh/runtime': 'nest' }), inference: { preset, config: 'x' } };
    const refusal = infeasible(workspace, catalogs({ runtimes: [aRuntime(), reader] }));
    expect(refusal.message).to.equal('inference.config is not supported by nest.');
    expect(refusal.remedy).to.equal('Set the annotation kaito.sh/runtime to choir, or remove inference.config.');
  });
});

describe('annotations and labels without effect', () => {
  it('are warned about, in one order', () => {
    const { warnings } = feasible(
      annotated({ 'kaito.sh/runtimes': 'nest', 'inference.kaito.sh/x': '1', 'kaito.sh/node-class-name': '' }),
    );
    expect(warnings.map(({ code, message }) => `${code}: ${message}`)).to.deep.equal([
      'AnnotationIgnored: The annotation inference.kaito.sh/x has no effect here: nothing that is installed reads it.',
      'AnnotationIgnored: The annotation kaito.sh/node-class-name has no effect here: nothing that is installed reads it.',
      'AnnotationIgnored: The annotation kaito.sh/runtimes has no effect here: nothing that is installed reads it.',
    ]);
  });

  it('are left in peace when they belong to somebody else, or ask for what happens anyway', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'workspace.kaito.io/hash': 'abc',
      'notkaito.sh/x': '1',
      'kaito.sh/disable-benchmark': 'true',
      'kaito.sh/performance-mode': 'balanced',
      plain: 'x',
    };
    expect(feasible(annotated(annotations)).warnings).to.deep.equal([]);
    expect(feasible(annotated({ 'kaito.sh/performance-mode': 'throughput' })).warnings).to.have.length(1);
  });

  it('are no trouble when the runtime or the provisioner reads them', () => {
    const given = catalogs();
    const annotations = { 'kaito.sh/enablelb': 'True', 'kaito.sh/node-image-family': 'x' };
    expect(feasible(annotated(annotations), given).warnings).to.have.length(2);
    const readers = catalogs({
      runtimes: [aRuntime({ reads: { annotations: ['kaito.sh/enablelb'] } })],
      provisioner: { ...given.provisioner, annotations: ['kaito.sh/node-image-family'] },
    });
    expect(feasible(annotated(annotations), readers).warnings).to.deep.equal([]);
  });

  it('count for labels too, but for the marks of other controllers', () => {
    const labels = { 'kaito.sh/upgrade-to-version': '1', 'inferenceset.kaito.sh/created-by': 'set', app: 'x' };
    const { warnings } = feasible(aWorkspace({ metadata: { name: 'songs', labels } }));
    expect(warnings.map(({ code }) => code)).to.deep.equal(['LabelIgnored']);
  });
});

describe('a Workspace that makes no sense', () => {
  const cases: readonly (readonly [
    why: string,
    parts: Readonly<Record<string, unknown>>,
    field: string,
    message: RegExp,
  ])[] = [
    ['both inference and tuning', { tuning: { preset } }, 'tuning', /^Both inference and tuning are set/],
    ['neither', { inference: undefined }, 'inference', /^Neither inference nor tuning is set/],
    ['no preset', { inference: {} }, 'inference.preset.name', /^No model is named/],
    [
      'a preset without a name',
      { inference: { preset: { name: ' ' } } },
      'inference.preset.name',
      /^No model is named/,
    ],
    [
      'a preset whose name is a number',
      { inference: { preset: { name: 3 } } },
      'inference.preset.name',
      /must be a string/,
    ],
    ['a preset that is a string', { inference: { preset: 'sparrow' } }, 'inference.preset', /must be an object/],
    ['inference that is a string', { inference: 'sparrow' }, 'inference', /must be an object/],
    [
      'an instance type that is a list',
      { resource: { instanceType: ['Small'] } },
      'resource.instanceType',
      /must be a string/,
    ],
    ['resource that is a list', { resource: [] }, 'resource', /must be an object/],
    ['no nodes', { resource: { ...resource, count: 0 } }, 'resource.count', /at least 1, and is 0/],
    ['half a node', { resource: { ...resource, count: 1.5 } }, 'resource.count', /is 1.5/],
    ['a count in words', { resource: { ...resource, count: 'two' } }, 'resource.count', /is "two"/],
    [
      'a label that is a number',
      { resource: { labelSelector: { matchLabels: { a: 1 } } } },
      'resource.labelSelector.matchLabels',
      /Label a must be a string/,
    ],
    [
      'a selector that is a string',
      { resource: { labelSelector: 'a=b' } },
      'resource.labelSelector',
      /must be an object/,
    ],
    ['no name', { metadata: {} }, 'metadata.name', /cannot be the name of a Service/],
    ['a name that no Service can have', { metadata: { name: '3-songs' } }, 'metadata.name', /"3-songs" cannot be/],
    [
      'a name that is too long',
      { metadata: { name: 'a'.repeat(64) } },
      'metadata.name',
      /cannot be the name of a Service/,
    ],
  ];
  for (const [why, parts, field, message] of cases) {
    it(`is refused with the field and a way out: ${why}`, () => {
      const refusal = infeasible(aWorkspace(parts));
      expect(refusal).to.include({ code: 'InvalidWorkspace', field });
      expect(refusal.message).to.match(message);
      expect(refusal.remedy).to.match(/^[A-Z].*\.$/);
    });
  }

  it('is refused for a selector that a label cannot satisfy', () => {
    const labelSelector = { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] };
    const refusal = infeasible(aWorkspace({ resource: { labelSelector } }));
    expect(refusal).to.include({ code: 'NotSupported', field: 'resource.labelSelector.matchExpressions' });
    expect(refusal.remedy).to.equal('Put the labels under resource.labelSelector.matchLabels.');
  });
});

describe('an unknown preset', () => {
  const asking = (name: string) => aWorkspace({ inference: { preset: { name } } });

  it('is refused with what it may have meant', () => {
    const refusal = infeasible(asking('sparow-small'));
    expect(refusal).to.include({ code: 'UnknownPreset', field: 'inference.preset.name' });
    expect(refusal.message).to.equal('There is no preset "sparow-small".');
    expect(refusal.remedy).to.equal('Did you mean "sparrow-small-instruct"?');
  });

  it('is refused with the list when nothing is near', () => {
    expect(infeasible(asking('whale')).remedy).to.equal('Known are sparrow-large-instruct, sparrow-small-instruct.');
    expect(infeasible(asking('whale'), catalogs({ presets: [] })).remedy).to.equal(
      'Install a package of presets: none is.',
    );
  });

  it('is not one in another case, or by the repository of the weights', () => {
    for (const name of ['Sparrow-SMALL-instruct', 'birds/sparrow-small']) {
      expect(feasible(asking(name)).model.preset).to.equal('sparrow-small-instruct');
    }
  });
});
