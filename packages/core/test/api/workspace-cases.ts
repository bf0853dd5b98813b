/** Workspaces, right and wrong, on which all depths of validation must agree. */

export interface WorkspaceCase {
  /** What is wrong with it; `valid: …` when nothing is. */
  readonly name: string;
  readonly object: Record<string, unknown>;
  /** What is stored; the case is an update then. */
  readonly old?: Record<string, unknown>;
  /** The fields that admission complains about, in alphabetical order. */
  readonly refused: readonly string[];
}

type Json = Record<string, unknown>;

/** A valid Workspace for inference, with its top-level fields replaced; `undefined` leaves one out. */
export function aWorkspace(fields: Json = {}): Json {
  const whole: Json = {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'w', namespace: 'default' },
    resource: { instanceType: 'gpu-1', labelSelector: { matchLabels: { apps: 'w' } } },
    inference: { preset: { name: 'some-model' } },
    ...fields,
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
}

/** A valid Workspace for tuning, with fields of `tuning` replaced; `undefined` leaves one out. */
export function aTuning(tuning: Json = {}, fields: Json = {}): Json {
  const whole: Json = {
    preset: { name: 'some-model' },
    method: 'qlora',
    input: { urls: ['https://example.com/data.parquet'] },
    output: { image: 'registry.example.com/team/out:1', imagePushSecret: 'push' },
    ...tuning,
  };
  const set = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
  return aWorkspace({ inference: undefined, tuning: set, ...fields });
}

const resource = (fields: Json): Json =>
  aWorkspace({ resource: { labelSelector: { matchLabels: { apps: 'w' } }, ...fields } });
const selector = (labelSelector: unknown): Json => aWorkspace({ resource: { labelSelector } });
const inference = (fields: Json): Json => aWorkspace({ inference: { preset: { name: 'some-model' }, ...fields } });
const named = (name: unknown): Json => aWorkspace({ metadata: { name } });
const anAdapter = (source: Json = {}, rest: Json = {}): Json => ({
  source: { name: 'a', image: 'example.com/a:1', ...source },
  ...rest,
});
const adapters = (...list: Json[]): Json => inference({ adapters: list });
const url = (text: string): Json => aTuning({ input: { urls: [text] } });

const A = 'inference.adapters';

export const cases: readonly WorkspaceCase[] = [
  { name: 'valid: inference', object: aWorkspace(), refused: [] },
  { name: 'valid: the older version', object: aWorkspace({ apiVersion: 'kaito.sh/v1alpha1' }), refused: [] },
  { name: 'valid: tuning', object: aTuning(), refused: [] },
  { name: 'valid: no instance type', object: resource({}), refused: [] },
  {
    name: 'valid: a pod template',
    object: aWorkspace({ inference: { template: { spec: { containers: [{ name: 'c' }] } } } }),
    refused: [],
  },
  {
    name: 'valid: an unknown field, which the server prunes',
    object: aWorkspace({ spec: {}, inference: { preset: { name: 'x', nmae: 1 } } }),
    refused: [],
  },
  {
    name: 'valid: ten adapters',
    object: adapters(...Array.from({ length: 10 }, (_, i) => anAdapter({ name: `a${i}` }))),
    refused: [],
  },
  {
    name: 'valid: labels as expressions, as v0.3 reads them',
    object: selector({ matchExpressions: [{ key: 'apps', operator: 'In', values: ['w'] }] }),
    refused: [],
  },
  { name: 'valid: method in capitals', object: aTuning({ method: 'QLoRA' }), refused: [] },
  {
    name: 'valid: every field of head',
    object: aWorkspace({
      resource: {
        count: 2,
        labelSelector: { matchLabels: { 'example.com/apps': '' } },
        preferredNodes: ['n'],
        partition: { mode: 'mig', profile: '1g.10gb' },
      },
      inference: {
        preset: {
          name: 'org/model',
          accessMode: 'public',
          presetOptions: { image: 'example.com/m', imagePullSecrets: ['s'], modelAccessSecret: 't' },
        },
        config: 'inference-params',
        adapters: [{ source: { name: 'a', volumeSource: { emptyDir: {} } }, strength: '1e-1' }],
      },
      status: {
        workerNodes: ['n'],
        conditions: [
          {
            type: 'ResourceReady',
            status: 'True',
            reason: 'a',
            message: '',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
        state: 'Ready',
        targetNodeCount: 1,
        performance: {
          metrics: { peakTokensPerMinute: { description: 'd', value: '1', unit: 'u', config: { a: 1 } } },
        },
        plan: { feasible: true, anything: [1] },
      },
    }),
    refused: [],
  },

  // The two kinds
  { name: 'neither inference nor tuning', object: aWorkspace({ inference: undefined }), refused: ['inference'] },
  {
    name: 'both inference and tuning',
    object: aTuning({}, { inference: { preset: { name: 'x' } } }),
    refused: ['tuning'],
  },
  {
    name: 'inference with neither preset nor template',
    object: aWorkspace({ inference: {} }),
    refused: ['inference.preset'],
  },
  {
    name: 'inference with both preset and template',
    object: inference({ template: { spec: {} } }),
    refused: ['inference.template'],
  },
  { name: 'inference becomes tuning', object: aTuning(), old: aWorkspace(), refused: ['tuning'] },
  { name: 'tuning becomes inference', object: aWorkspace(), old: aTuning(), refused: ['inference'] },
  {
    name: 'inference is replaced by nothing',
    object: aWorkspace({ inference: undefined }),
    old: aWorkspace(),
    refused: ['inference'],
  },

  {
    name: 'valid: nulls where nothing stands',
    object: aWorkspace({
      tuning: null,
      resource: { count: null, partition: null, labelSelector: { matchLabels: { a: 'b' } } },
    }),
    refused: [],
  },

  // Types
  { name: 'inference is a text', object: aWorkspace({ inference: 'x' }), refused: ['inference'] },
  { name: 'inference is null', object: aWorkspace({ inference: null }), refused: ['inference'] },
  { name: 'resource is a list', object: aWorkspace({ resource: [] }), refused: ['resource'] },
  {
    name: 'a label is a number',
    object: selector({ matchLabels: { apps: 3 } }),
    refused: ['resource.labelSelector.matchLabels[apps]'],
  },
  { name: 'strength is a number', object: adapters(anAdapter({}, { strength: 1 })), refused: [`${A}[0].strength`] },
  {
    name: 'a condition without a reason',
    object: aWorkspace({
      status: { conditions: [{ type: 'A', status: 'True', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
    }),
    refused: ['status.conditions[0].reason'],
  },
  {
    name: 'a condition that is there twice',
    object: aWorkspace({
      status: {
        conditions: [1, 2].map((n) => ({
          type: 'A',
          status: 'True',
          reason: `R${n}`,
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        })),
      },
    }),
    refused: ['status.conditions[1]'],
  },

  // Name
  { name: 'a name with a dot', object: named('a.b'), refused: ['metadata.name'] },
  { name: 'a name that begins with a digit', object: named('3-mini'), refused: ['metadata.name'] },
  { name: 'a name of 64 letters', object: named('a'.repeat(64)), refused: ['metadata.name'] },
  {
    name: 'an unknown performance mode',
    object: aWorkspace({ metadata: { name: 'w', annotations: { 'kaito.sh/performance-mode': 'fast' } } }),
    refused: ['metadata.annotations[kaito.sh/performance-mode]'],
  },
  {
    name: 'local weights neither true nor false',
    object: aWorkspace({ metadata: { name: 'w', annotations: { 'kaito.sh/use-local-weights': 'True' } } }),
    refused: ['metadata.annotations[kaito.sh/use-local-weights]'],
  },

  // Resource
  { name: 'no resource', object: aWorkspace({ resource: undefined }), refused: ['resource'] },
  {
    name: 'no label selector',
    object: aWorkspace({ resource: { instanceType: 'gpu-1' } }),
    refused: ['resource.labelSelector'],
  },
  { name: 'an empty label selector', object: selector({}), refused: ['resource.labelSelector.matchLabels'] },
  { name: 'no label in it', object: selector({ matchLabels: {} }), refused: ['resource.labelSelector.matchLabels'] },
  {
    name: 'a label of the operator',
    object: selector({ matchLabels: { 'kaito.sh/workspace': 'x' } }),
    refused: ['resource.labelSelector.matchLabels[kaito.sh/workspace]'],
  },
  {
    name: 'a label of the operator beside one of the user',
    object: selector({ matchLabels: { apps: 'w', 'karpenter.kaito.sh/managed-by': 'x' } }),
    refused: ['resource.labelSelector.matchLabels[karpenter.kaito.sh/managed-by]'],
  },
  {
    name: 'a label key with a space',
    object: selector({ matchLabels: { 'a b': 'x' } }),
    refused: ['resource.labelSelector.matchLabels[a b]'],
  },
  {
    name: 'a label value with a slash',
    object: selector({ matchLabels: { a: 'x/y' } }),
    refused: ['resource.labelSelector.matchLabels[a]'],
  },
  {
    name: 'an expression with two values',
    object: selector({ matchExpressions: [{ key: 'a', operator: 'In', values: ['x', 'y'] }] }),
    refused: ['resource.labelSelector.matchExpressions[0]'],
  },
  {
    name: 'an expression that says Exists',
    object: selector({ matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] }),
    refused: ['resource.labelSelector.matchExpressions[0]'],
  },
  {
    name: 'an expression without an operator',
    object: selector({ matchExpressions: [{ key: 'a' }] }),
    refused: ['resource.labelSelector.matchExpressions[0].operator'],
  },
  { name: 'no node', object: resource({ count: 0 }), refused: ['resource.count'] },
  { name: 'half a node', object: resource({ count: 1.5 }), refused: ['resource.count'] },
  { name: 'a count in quotes', object: resource({ count: '1' }), refused: ['resource.count'] },
  {
    name: 'an unknown partition mode',
    object: resource({ partition: { mode: 'half' } }),
    refused: ['resource.partition.mode'],
  },
  {
    name: 'a partition of a machine to be bought',
    object: resource({ instanceType: 'gpu-1', partition: { mode: 'mig', profile: '1g.10gb' } }),
    refused: ['resource.partition'],
  },
  {
    name: 'mig without a profile',
    object: resource({ partition: { mode: 'mig' } }),
    refused: ['resource.partition.profile'],
  },
  {
    name: 'mig with a profile that no GPU has',
    object: resource({ partition: { mode: 'mig', profile: '3g.11gb' } }),
    refused: ['resource.partition.profile'],
  },
  {
    name: 'mig with a count',
    object: resource({ partition: { mode: 'mig', profile: '1g.10gb', count: 1 } }),
    refused: ['resource.partition.count'],
  },
  {
    name: 'accelerators without a count',
    object: resource({ partition: { mode: 'accelerator' } }),
    refused: ['resource.partition.count'],
  },
  {
    name: 'no accelerator',
    object: resource({ partition: { mode: 'accelerator', count: 0 } }),
    refused: ['resource.partition.count'],
  },
  {
    name: 'accelerators with a profile',
    object: resource({ partition: { mode: 'accelerator', count: 1, profile: '1g.10gb' } }),
    refused: ['resource.partition.profile'],
  },

  // Inference
  {
    name: 'a preset without a name',
    object: aWorkspace({ inference: { preset: {} } }),
    refused: ['inference.preset.name'],
  },
  {
    name: 'a preset with an empty name',
    object: aWorkspace({ inference: { preset: { name: '' } } }),
    refused: ['inference.preset.name'],
  },
  {
    name: 'an unknown access mode',
    object: inference({ preset: { name: 'x', accessMode: 'secret' } }),
    refused: ['inference.preset.accessMode'],
  },
  {
    name: 'a secret name in capitals',
    object: inference({ preset: { name: 'x', presetOptions: { modelAccessSecret: 'TOKEN' } } }),
    refused: ['inference.preset.presetOptions.modelAccessSecret'],
  },
  { name: 'a ConfigMap name with a slash', object: inference({ config: 'a/b' }), refused: ['inference.config'] },
  {
    name: 'eleven adapters',
    object: adapters(...Array.from({ length: 11 }, (_, i) => anAdapter({ name: `a${i}` }))),
    refused: [A],
  },
  { name: 'an adapter without a source', object: adapters({ strength: '1.0' }), refused: [`${A}[0].source`] },
  {
    name: 'an adapter without a name',
    object: adapters({ source: { image: 'example.com/a:1' } }),
    refused: [`${A}[0].source.name`],
  },
  {
    name: 'an adapter with a name that is no DNS name',
    object: adapters(anAdapter({ name: 'My_Adapter' })),
    refused: [`${A}[0].source.name`],
  },
  { name: 'two adapters of one name', object: adapters(anAdapter(), anAdapter()), refused: [`${A}[1].source.name`] },
  {
    name: 'an adapter from a URL',
    object: adapters({ source: { name: 'a', urls: ['https://example.com/a'] } }),
    refused: [`${A}[0].source.urls`],
  },
  { name: 'an adapter from nowhere', object: adapters({ source: { name: 'a' } }), refused: [`${A}[0].source`] },
  {
    name: 'an adapter from an image and a volume',
    object: adapters(anAdapter({ volumeSource: { emptyDir: {} } })),
    refused: [`${A}[0].source.volumeSource`],
  },
  {
    name: 'an adapter image that was not filled in',
    object: adapters(anAdapter({ image: 'REPO_HERE.example.com/ADAPTER_HERE:0.0.1' })),
    refused: [`${A}[0].source.image`],
  },
  { name: 'a strength above 1', object: adapters(anAdapter({}, { strength: '1.5' })), refused: [`${A}[0].strength`] },
  { name: 'a strength below 0', object: adapters(anAdapter({}, { strength: '-0.1' })), refused: [`${A}[0].strength`] },
  {
    name: 'a strength that is no number',
    object: adapters(anAdapter({}, { strength: '0x1' })),
    refused: [`${A}[0].strength`],
  },

  // Tuning
  {
    name: 'tuning on two nodes',
    object: aTuning({}, { resource: { count: 2, labelSelector: { matchLabels: { a: 'b' } } } }),
    refused: ['resource.count'],
  },
  {
    name: 'tuning on a part of a GPU',
    object: aTuning(
      {},
      { resource: { labelSelector: { matchLabels: { a: 'b' } }, partition: { mode: 'mig', profile: '1g.10gb' } } },
    ),
    refused: ['resource.partition'],
  },
  { name: 'tuning without a preset', object: aTuning({ preset: undefined }), refused: ['tuning.preset'] },
  { name: 'tuning without a method', object: aTuning({ method: undefined }), refused: ['tuning.method'] },
  { name: 'an unknown method', object: aTuning({ method: 'full' }), refused: ['tuning.method'] },
  { name: 'tuning without input', object: aTuning({ input: undefined }), refused: ['tuning.input'] },
  { name: 'tuning without output', object: aTuning({ output: undefined }), refused: ['tuning.output'] },
  { name: 'input from nowhere', object: aTuning({ input: {} }), refused: ['tuning.input'] },
  { name: 'input without an entry', object: aTuning({ input: { urls: [] } }), refused: ['tuning.input'] },
  {
    name: 'input from two places',
    object: aTuning({ input: { urls: ['https://example.com/a'], image: 'example.com/a:1' } }),
    refused: ['tuning.input.image'],
  },
  { name: 'input from no URL', object: url('data.parquet'), refused: ['tuning.input.urls[0]'] },
  { name: 'input by ftp', object: url('ftp://example.com/a'), refused: ['tuning.input.urls[0]'] },
  { name: 'input from this machine', object: url('http://localhost:8000/a'), refused: ['tuning.input.urls[0]'] },
  { name: 'input from a private address', object: url('http://10.0.0.1/a'), refused: ['tuning.input.urls[0]'] },
  { name: 'output to nowhere', object: aTuning({ output: {} }), refused: ['tuning.output'] },
  {
    name: 'output to two places',
    object: aTuning({ output: { image: 'example.com/a:1', imagePushSecret: 's', volumeSource: { emptyDir: {} } } }),
    refused: ['tuning.output.image'],
  },
  {
    name: 'output to an image without a secret',
    object: aTuning({ output: { image: 'example.com/a:1' } }),
    refused: ['tuning.output.imagePushSecret'],
  },
  {
    name: 'output with a secret that was not filled in',
    object: aTuning({ output: { image: 'example.com/a:1', imagePushSecret: 'SECRET_HERE' } }),
    refused: ['tuning.output.imagePushSecret'],
  },

  // Changes
  {
    name: 'valid: another instance type',
    object: resource({ instanceType: 'gpu-2' }),
    old: resource({ instanceType: 'gpu-1' }),
    refused: [],
  },
  { name: 'valid: more nodes', object: resource({ count: 2 }), old: resource({ count: 1 }), refused: [] },
  { name: 'valid: another model', object: inference({ preset: { name: 'other' } }), old: aWorkspace(), refused: [] },
  {
    name: 'valid: another configuration of a tuning run',
    object: aTuning({ config: 'c' }),
    old: aTuning(),
    refused: [],
  },
  { name: 'valid: the same method in capitals', object: aTuning({ method: 'QLORA' }), old: aTuning(), refused: [] },
  {
    name: 'other labels',
    object: selector({ matchLabels: { apps: 'v' } }),
    old: selector({ matchLabels: { apps: 'w' } }),
    refused: ['resource.labelSelector'],
  },
  {
    name: 'another partition',
    object: resource({ partition: { mode: 'accelerator', count: 2 } }),
    old: resource({ partition: { mode: 'accelerator', count: 1 } }),
    refused: ['resource.partition'],
  },
  {
    name: 'another model for a tuning run',
    object: aTuning({ preset: { name: 'other' } }),
    old: aTuning(),
    refused: ['tuning.preset.name'],
  },
  {
    name: 'another method for a tuning run',
    object: aTuning({ method: 'lora' }),
    old: aTuning(),
    refused: ['tuning.method'],
  },
  {
    name: 'another name of the input',
    object: aTuning({ input: { name: 'b', urls: ['https://example.com/a'] } }),
    old: aTuning({ input: { name: 'a', urls: ['https://example.com/a'] } }),
    refused: ['tuning.input.name'],
  },
  {
    name: 'valid: a ladder with a price limit',
    object: resource({
      instanceType: 'gpu-1',
      alternatives: [{ instanceType: 'gpu-2', zones: ['a', 'b'], capacityType: 'spot' }, { provisioner: 'some' }, {}],
      priceLimit: 3.5,
    }),
    refused: [],
  },
  {
    name: 'a rung of an unknown capacity type',
    object: resource({ alternatives: [{ instanceType: 'gpu-2', capacityType: 'borrowed' }] }),
    refused: ['resource.alternatives[0].capacityType'],
  },
  {
    name: 'a rung that is a text',
    object: resource({ alternatives: ['gpu-2'] }),
    refused: ['resource.alternatives[0]'],
  },
  {
    name: 'a rung without a name for its type',
    object: resource({ alternatives: [{ instanceType: '' }] }),
    refused: ['resource.alternatives[0].instanceType'],
  },
  {
    name: 'a rung that is never reached',
    object: resource({ instanceType: 'gpu-1', alternatives: [{ instanceType: 'gpu-2' }, { instanceType: 'GPU-1' }] }),
    refused: ['resource.alternatives[1]'],
  },
  {
    name: 'a ladder beside a part of a GPU',
    object: resource({ alternatives: [{}], partition: { mode: 'mig', profile: '1g.10gb' } }),
    refused: ['resource.alternatives'],
  },
  { name: 'a price limit of nothing', object: resource({ priceLimit: 0 }), refused: ['resource.priceLimit'] },
  { name: 'a price limit in words', object: resource({ priceLimit: 'cheap' }), refused: ['resource.priceLimit'] },
];
