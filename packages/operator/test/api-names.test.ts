import { readFileSync } from 'node:fs';
import { type Catalogs, conditionReasons, conditionTypes, plan, workspaceFrom } from '@kaito-sdk/core';
import { expect } from 'chai';
import { golden, planning } from './support/planning.js';

const api = new URL('../../../docs/reference/workspace-api.md', import.meta.url);

/** What becomes of an annotation or a label: `heeded`, `so anyway` (what it asks for happens without it), or `no effect`, with a warning. */
type Fate = 'heeded' | 'so anyway' | 'no effect' | 'a mark' | 'written by the operator';

/** Those of KAITO v0.3 and of its head that may stand on a Workspace. */
const NAMES: readonly (readonly [
  kind: 'annotation' | 'label',
  name: string,
  value: string,
  fate: Fate,
  means: string,
])[] = [
  ['annotation', 'kaito.sh/runtime', 'vllm', 'heeded', 'the engine; without it the planner chooses'],
  ['annotation', 'kaito.sh/enablelb', 'True', 'heeded', 'a Service of type LoadBalancer'],
  [
    'annotation',
    'kaito.sh/bypass-resource-checks',
    '',
    'heeded',
    'too little GPU memory is a warning, on a machine that is named',
  ],
  ['annotation', 'kaito.sh/disable-benchmark', 'true', 'so anyway', 'no benchmark at start'],
  ['annotation', 'kaito.sh/model-streaming', 'disabled', 'so anyway', 'weights are not streamed'],
  ['annotation', 'kaito.sh/performance-mode', 'balanced', 'so anyway', 'the only mode there is'],
  ['annotation', 'kaito.sh/performance-mode', 'throughput', 'no effect', 'another mode'],
  ['annotation', 'kaito.sh/use-local-weights', 'false', 'so anyway', 'weights come from a hub or from an image'],
  ['annotation', 'kaito.sh/use-local-weights', 'true', 'no effect', 'weights on the node'],
  [
    'annotation',
    'kaito.sh/weights-image',
    'registry.example/phi:1',
    'heeded',
    'the weights of vLLM come from this image',
  ],
  [
    'annotation',
    'kaito.sh/max-loras',
    '4',
    'heeded',
    'adapters that vLLM is started for, so that they can come and go',
  ],
  [
    'annotation',
    'kaito.sh/workload-kind',
    'StatefulSet',
    'heeded',
    'the kind of the workload, where another operator made it',
  ],
  [
    'annotation',
    'kaito.sh/adopted-spec',
    'x',
    'heeded',
    'a workload that was taken over stays as it is until the Workspace changes',
  ],
  ['annotation', 'kaito.sh/node-image-family', 'ubuntu', 'no effect', 'a setting of the provisioner here'],
  ['annotation', 'kaito.sh/node-class-name', 'default', 'no effect', 'a setting of the provisioner here'],
  ['annotation', 'kaito.sh/model-mirror-storage-class', 'x', 'no effect', 'streaming'],
  ['annotation', 'kaito.sh/streaming-service-account', 'x', 'no effect', 'streaming'],
  ['annotation', 'inference.kaito.sh/static-model-mirror', 'true', 'no effect', 'streaming'],
  ['annotation', 'inference.kaito.sh/stream-datarefs-url', 'x', 'no effect', 'streaming'],
  ['annotation', 'inference.kaito.sh/stream-identity-client-id', 'x', 'no effect', 'streaming'],
  ['annotation', 'inference.kaito.sh/stream-source-type', 'public', 'no effect', 'streaming'],
  ['annotation', 'workspace.kaito.io/hash', 'x', 'a mark', 'written by KAITO on what it manages'],
  ['annotation', 'workspace.kaito.io/revision', '1', 'a mark', 'written by KAITO on what it manages'],
  ['label', 'kaito.sh/upgrade-to-version', 'x', 'no effect', 'images are a setting of the runtime'],
  ['label', 'inferenceset.kaito.sh/created-by', 'x', 'a mark', 'the InferenceSet that made the Workspace'],
  ['label', 'multiroleinference.kaito.sh/created-by', 'x', 'a mark', 'the MultiRoleInference that made the Workspace'],
  ['label', 'kaito.sh/inference-role', 'decode', 'no effect', 'the role in split serving'],
];

describe('the names of the Workspace API', () => {
  let catalogs: Catalogs;
  before(async () => {
    catalogs = await planning();
  });

  /** Codes and texts of the warnings about one annotation or label. */
  function warnings(kind: 'annotation' | 'label', name: string, value: string): readonly string[] {
    const decision = plan(
      workspaceFrom({
        apiVersion: 'kaito.sh/v1beta1',
        kind: 'Workspace',
        metadata: { name: 'demo', [`${kind}s`]: { [name]: value } },
        resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'demo' } } },
        // Some say something about adapters.
        inference: {
          preset: { name: 'phi-4-mini-instruct' },
          adapters: [{ source: { name: 'one', image: 'registry.example/one:1' } }],
        },
      }),
      catalogs,
    );
    if (!decision.feasible) throw new Error(`${decision.code}: ${decision.message}`);
    return decision.warnings.filter(({ code }) => code.endsWith('Ignored')).map(({ message }) => message);
  }

  for (const [kind, name, value, fate] of NAMES) {
    it(`${kind} ${name}=${value}: ${fate}${fate === 'no effect' ? ', which a warning says' : ''}`, () => {
      const idle =
        fate === 'no effect' ? [`The ${kind} ${name} has no effect here: nothing that is installed reads it.`] : [];
      expect(warnings(kind, name, value)).to.deep.equal(idle);
    });
  }

  it('never make a Plan fail, however odd: values of any kind and names nobody knows', () => {
    for (const name of [
      'kaito.sh/',
      'kaito.sh/x/y',
      'KAITO.SH/runtime',
      '/',
      '',
      'kaito.sh/constructor',
      '__proto__',
    ]) {
      for (const value of ['', 'x'.repeat(5000), '\u0000', '{}'])
        expect(() => warnings('annotation', name, value)).not.to.throw();
    }
  });

  it('stand in the reference, each with what becomes of it', () => {
    const rows = NAMES.map(
      ([kind, name, value, fate, means]) => `| ${kind} \`${name}\` | \`${value}\` | ${fate} | ${means} |`,
    );
    golden(
      api,
      `${['| name | value | here | |', '| --- | --- | --- | --- |', ...rows].join('\n')}\n`,
      'annotations and labels',
    );
  });

  it('have every condition and every reason of KAITO’s in the reference', () => {
    const text = readFileSync(api, 'utf8');
    const from = text.indexOf('## Conditions');
    const section = text.slice(from, text.indexOf('\n## ', from + 1));
    for (const name of [...Object.values(conditionTypes), ...Object.values(conditionReasons)]) {
      expect(section, name).to.include(`\`${name}\``);
    }
  });
});
