/**
 * Every rule by which KAITO's webhook refuses a Workspace (release 0.3.2, and head of about 0.12), and where the same is refused here. What is
 * written here as refused is tried in `contract-rules.test.ts`; the table of the reference is made of it.
 */

type Json = Readonly<Record<string, unknown>>;

/** A Workspace that breaks a rule, the one before it where the rule is about a change, and where the complaint must stand. */
export interface Breach {
  readonly object: Json;
  readonly old?: Json;
  readonly field: string;
  /** Of the planner's refusals. */
  readonly code?: string;
}

export type ContractRule = {
  /** `0.3-N` or `head-N`. */
  readonly id: string;
  readonly says: string;
} & (
  | {
      /** `schema`: CRD and CEL, and admission as well. `admission`: beyond the schema. `planner`: it takes catalogs and runtimes to say. */
      readonly at: 'schema' | 'admission' | 'planner';
      readonly breaches: readonly Breach[];
      readonly note?: string;
    }
  | {
      /** A change that KAITO refuses and that rolls out here. */
      readonly at: 'rolls out';
      readonly changes: readonly { readonly object: Json; readonly old: Json }[];
      readonly note?: string;
    }
  | {
      /** It takes the cluster to say, so it is looked at before a node is asked for; `shownBy` is the test that shows it. */
      readonly at: 'before the node';
      readonly shownBy: { readonly file: string; readonly title: string };
      readonly note?: string;
    }
  | { readonly at: 'otherwise'; readonly note: string }
);

const labelSelector = { matchLabels: { apps: 'demo' } };
const preset = { name: 'phi-3-mini-4k-instruct' };
const T4 = 'Standard_NC4as_T4_v3';

const workspace = (fields: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name: 'demo', namespace: 'default', ...metadata },
  resource: { instanceType: T4, labelSelector },
  inference: { preset },
  ...fields,
});
const without = (object: Json, ...fields: readonly string[]): Json =>
  Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));
const resource = (fields: Json): Json => workspace({ resource: { instanceType: T4, labelSelector, ...fields } });
const inference = (fields: Json): Json => workspace({ inference: { preset, ...fields } });
const named = (name: string, fields: Json = {}): Json => workspace({ inference: { preset: { name, ...fields } } });
const annotated = (annotations: Json): Json => workspace({}, { annotations });
const adapter = (fields: Json): Json => inference({ adapters: [fields] });
const INPUT = { urls: ['https://example.com/data.parquet'] };
const OUTPUT = { image: 'registry.example.com/out:1', imagePushSecret: 'push' };
const tuning = (fields: Json = {}, more: Json = {}): Json =>
  without(
    workspace({ tuning: { preset, method: 'qlora', input: INPUT, output: OUTPUT, ...fields }, ...more }),
    'inference',
  );
const template = { spec: { containers: [{ name: 'own', image: 'example.com/own:1' }] } };

export const contractRules: readonly ContractRule[] = [
  {
    id: '0.3-1',
    says: 'exactly one of inference and tuning',
    at: 'schema',
    breaches: [
      { object: without(workspace(), 'inference'), field: 'inference' },
      { object: { ...tuning(), inference: { preset } }, field: 'tuning' },
    ],
  },
  {
    id: '0.3-2',
    says: 'the instance type is a known one',
    at: 'planner',
    breaches: [
      {
        object: resource({ instanceType: 'Standard_NC4' }),
        field: 'resource.instanceType',
        code: 'UnknownInstanceType',
      },
    ],
    note: 'no prefix is taken for a known type; types are added in the configuration',
  },
  {
    id: '0.3-3, 0.3-4, 0.3-5',
    says: 'enough GPUs, memory of one GPU, memory in all',
    at: 'planner',
    breaches: [{ object: named('phi-4'), field: 'resource.instanceType', code: 'InsufficientMemory' }],
    note: 'by weights, cache and engine instead of one figure for each model',
  },
  {
    id: '0.3-6',
    says: 'the label selector is a map of labels',
    at: 'admission',
    breaches: [
      {
        object: resource({ labelSelector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } }),
        field: 'resource.labelSelector.matchExpressions[0]',
      },
    ],
  },
  {
    id: '0.3-7',
    says: 'exactly one of preset and template',
    at: 'schema',
    breaches: [
      { object: workspace({ inference: {} }), field: 'inference.preset' },
      { object: inference({ template }), field: 'inference.template' },
    ],
  },
  {
    id: '0.3-8, head-16',
    says: 'the preset is known',
    at: 'planner',
    breaches: [{ object: named('phi-5'), field: 'inference.preset.name', code: 'UnknownPreset' }],
    note: 'models of a hub are named in the configuration, pinned, and not fetched at a word',
  },
  {
    id: '0.3-9',
    says: 'a private model needs its image',
    at: 'planner',
    breaches: [
      {
        object: named(preset.name, { accessMode: 'private' }),
        field: 'inference.preset.accessMode',
        code: 'NotSupported',
      },
    ],
    note: 'images are a setting of the runtime (registry, pull secrets), for all Workspaces',
  },
  {
    id: '0.3-10',
    says: 'at most 10 adapters, each under a name of its own',
    at: 'admission',
    breaches: [
      {
        object: inference({
          adapters: Array.from({ length: 11 }, (_, i) => ({ source: { name: `a${i}`, image: 'x/y:1' } })),
        }),
        field: 'inference.adapters',
      },
      {
        object: inference({ adapters: [1, 2].map(() => ({ source: { name: 'a', image: 'x/y:1' } })) }),
        field: 'inference.adapters[1].source.name',
      },
    ],
  },
  {
    id: '0.3-11',
    says: 'tuning runs on one node',
    at: 'admission',
    breaches: [
      { object: tuning({}, { resource: { instanceType: T4, count: 2, labelSelector } }), field: 'resource.count' },
    ],
  },
  {
    id: '0.3-12',
    says: 'the method is lora or qlora, in any case',
    at: 'admission',
    breaches: [
      { object: tuning({ method: 'full' }), field: 'tuning.method' },
      { object: tuning({ method: '' }), field: 'tuning.method' },
    ],
  },
  {
    id: '0.3-13',
    says: 'the ConfigMap of a tuning is there and makes sense',
    at: 'before the node',
    shownBy: {
      file: 'packages/runtime-tuning/test/render.test.ts',
      title: 'starts without the Secret and the ConfigMap that may be missing, so that it can say so',
    },
    note: 'the pod that checks the data reads the settings with the program that will use them',
  },
  {
    id: '0.3-14',
    says: 'tuning has input, output and a known preset',
    at: 'schema',
    breaches: [
      { object: tuning({ input: undefined }), field: 'tuning.input' },
      { object: tuning({ output: undefined }), field: 'tuning.output' },
    ],
  },
  {
    id: '0.3-15',
    says: 'exactly one of urls, volumeSource and image',
    at: 'admission',
    breaches: [
      { object: tuning({ input: {} }), field: 'tuning.input' },
      { object: tuning({ input: { ...INPUT, image: 'x/y:1' } }), field: 'tuning.input.image' },
    ],
  },
  {
    id: '0.3-16, head-20',
    says: 'images are image references',
    at: 'admission',
    breaches: [
      { object: tuning({ output: { ...OUTPUT, image: 'REPO_HERE.io/IMAGE_HERE:1' } }), field: 'tuning.output.image' },
      { object: adapter({ source: { name: 'a', image: 'https://x/y' } }), field: 'inference.adapters[0].source.image' },
    ],
    note: 'registry and tag may be left out, as at head',
  },
  {
    id: '0.3-17, head-22',
    says: 'exactly one output, and an image needs its push secret',
    at: 'admission',
    breaches: [
      { object: tuning({ output: { volumeSource: { emptyDir: {} }, ...OUTPUT } }), field: 'tuning.output.image' },
      { object: tuning({ output: { image: 'x/y:1' } }), field: 'tuning.output.imagePushSecret' },
    ],
  },
  {
    id: '0.3-18',
    says: 'inference does not become tuning, nor the other way round',
    at: 'schema',
    breaches: [
      { object: tuning(), old: workspace(), field: 'tuning' },
      { object: workspace(), old: tuning(), field: 'inference' },
    ],
  },
  {
    id: '0.3-19',
    says: 'the label selector stays as it is',
    at: 'admission',
    breaches: [
      {
        object: resource({ labelSelector: { matchLabels: { apps: 'other' } } }),
        old: workspace(),
        field: 'resource.labelSelector',
      },
    ],
  },
  {
    id: '0.3-19, head-3',
    says: 'instance type and count stay as they are',
    at: 'rolls out',
    changes: [
      { object: resource({ instanceType: 'Standard_NC24ads_A100_v4' }), old: workspace() },
      { object: resource({ instanceType: undefined }), old: workspace() },
      { object: resource({ count: 2 }), old: workspace() },
    ],
  },
  {
    id: '0.3-20',
    says: 'the preset stays as it is, and preset and template are not exchanged',
    at: 'rolls out',
    changes: [
      { object: named('phi-4-mini-instruct'), old: workspace() },
      { object: workspace({ inference: { template } }), old: workspace() },
    ],
  },
  {
    id: '0.3-21',
    says: 'each adapter has a source with a name, and a strength from 0 to 1',
    at: 'admission',
    breaches: [
      { object: adapter({}), field: 'inference.adapters[0].source' },
      { object: adapter({ source: { image: 'x/y:1' } }), field: 'inference.adapters[0].source.name' },
      { object: adapter({ source: { name: 'a' } }), field: 'inference.adapters[0].source' },
      {
        object: adapter({ source: { name: 'a', image: 'x/y:1' }, strength: '1.5' }),
        field: 'inference.adapters[0].strength',
      },
    ],
    note: 'on create as well, where KAITO looks on update only',
  },
  {
    id: '0.3-22',
    says: 'preset, method and input name of a tuning stay as they are',
    at: 'admission',
    breaches: [
      { object: tuning({ preset: { name: 'phi-4' } }), old: tuning(), field: 'tuning.preset.name' },
      { object: tuning({ method: 'lora' }), old: tuning(), field: 'tuning.method' },
      {
        object: tuning({ input: { ...INPUT, name: 'b' } }),
        old: tuning({ input: { ...INPUT, name: 'a' } }),
        field: 'tuning.input.name',
      },
    ],
  },
  {
    id: '0.3-22, configuration',
    says: 'the configuration of a tuning may change',
    at: 'rolls out',
    changes: [{ object: tuning({ config: 'other' }), old: tuning() }],
  },
  {
    id: 'head-1',
    says: 'the name is a DNS label',
    at: 'admission',
    breaches: [
      { object: workspace({}, { name: 'a.b' }), field: 'metadata.name' },
      { object: workspace({}, { name: '3-mini' }), field: 'metadata.name' },
    ],
    note: 'one that begins with a letter, because the Service has it too',
  },
  {
    id: 'head-2',
    says: 'an instance type where nodes are bought, none on nodes of one’s own',
    at: 'otherwise',
    note: 'without one the cheapest that fits is taken, which a price limit may bound; on nodes of one’s own a type chooses among them',
  },
  {
    id: 'head-4, head-5',
    says: 'image family and node class are known ones',
    at: 'otherwise',
    note: 'settings of the provisioner, for all Workspaces; the annotations are named in a warning as having no effect',
  },
  {
    id: 'head-6',
    says: 'performance mode and local weights have one of their values',
    at: 'admission',
    breaches: [
      {
        object: annotated({ 'kaito.sh/performance-mode': 'fast' }),
        field: 'metadata.annotations[kaito.sh/performance-mode]',
      },
      {
        object: annotated({ 'kaito.sh/use-local-weights': 'yes' }),
        field: 'metadata.annotations[kaito.sh/use-local-weights]',
      },
    ],
  },
  {
    id: 'head-7',
    says: 'phi-2 is not served any more',
    at: 'planner',
    breaches: [{ object: named('phi-2'), field: 'inference.preset.name', code: 'PresetDeprecated' }],
  },
  {
    id: 'head-8',
    says: 'a label of the user’s own is left',
    at: 'admission',
    breaches: [
      {
        object: resource({ labelSelector: { matchLabels: { 'kaito.sh/workspace': 'x' } } }),
        field: 'resource.labelSelector.matchLabels[kaito.sh/workspace]',
      },
    ],
    note: 'a reserved label is refused by name, and not dropped in silence',
  },
  {
    id: 'head-9',
    says: 'an unknown instance type is refused, but for two prefixes',
    at: 'planner',
    breaches: [
      {
        object: resource({ instanceType: 'Standard_D2s_v3' }),
        field: 'resource.instanceType',
        code: 'UnknownInstanceType',
      },
    ],
  },
  {
    id: 'head-10',
    says: 'nodes of one’s own match the labels, say what GPUs they have, and are alike',
    at: 'before the node',
    shownBy: {
      file: 'packages/core/test/byo/stock.test.ts',
      title: 'has each type once, with the least that a node of it has',
    },
    note: 'nodes of one Workspace must be alike; different nodes may serve different Workspaces',
  },
  {
    id: 'head-11, head-12',
    says: 'the weights fit',
    at: 'planner',
    breaches: [
      {
        object: workspace(
          { inference: { preset: { name: 'phi-3-medium-4k-instruct' } } },
          { annotations: { 'kaito.sh/runtime': 'transformers' } },
        ),
        field: 'resource.instanceType',
        code: 'InsufficientMemory',
      },
    ],
    note: 'the annotation kaito.sh/bypass-resource-checks makes it a warning, as there',
  },
  {
    id: 'head-13',
    says: 'a partition is of a known mode with what that mode needs, on nodes of one’s own',
    at: 'admission',
    breaches: [
      { object: resource({ partition: { mode: 'mig', profile: '1g.10gb' } }), field: 'resource.partition' },
      {
        object: workspace({ resource: { labelSelector, partition: { mode: 'mig', profile: '3g.11gb' } } }),
        field: 'resource.partition.profile',
      },
      {
        object: workspace({ resource: { labelSelector, partition: { mode: 'mig', profile: '1g.10gb', count: 1 } } }),
        field: 'resource.partition.count',
      },
      {
        object: workspace({ resource: { labelSelector, partition: { mode: 'accelerator' } } }),
        field: 'resource.partition.count',
      },
    ],
  },
  {
    id: 'head-14',
    says: 'the weights fit the slice',
    at: 'planner',
    breaches: [
      {
        object: workspace({ resource: { labelSelector, partition: { mode: 'mig', profile: '1g.10gb' } } }),
        field: 'resource.partition',
        code: 'NotSupported',
      },
    ],
    note: 'parts of a GPU are not planned yet, so they are refused by name',
  },
  {
    id: 'head-15',
    says: 'the partition stays as it is',
    at: 'admission',
    breaches: [
      {
        object: workspace({ resource: { labelSelector, partition: { mode: 'accelerator', count: 2 } } }),
        old: workspace({ resource: { labelSelector, partition: { mode: 'accelerator', count: 1 } } }),
        field: 'resource.partition',
      },
    ],
  },
  {
    id: 'head-17, transformers',
    says: 'the runtime can serve the model',
    at: 'planner',
    breaches: [
      {
        object: workspace(
          { inference: { preset: { name: 'phi-4-mini-instruct' } } },
          { annotations: { 'kaito.sh/runtime': 'transformers' } },
        ),
        field: 'metadata.annotations[kaito.sh/runtime]',
        code: 'RuntimeUnsupported',
      },
      {
        object: annotated({ 'kaito.sh/runtime': 'vlm' }),
        field: 'metadata.annotations[kaito.sh/runtime]',
        code: 'UnknownRuntime',
      },
    ],
  },
  {
    id: 'head-17, vllm',
    says: 'no strength of an adapter under vLLM',
    at: 'otherwise',
    note: 'a strength is laid into the adapter where it is unpacked, so every runtime takes one',
  },
  {
    id: 'head-18',
    says: 'a gated model needs an access token',
    at: 'before the node',
    shownBy: { file: 'packages/runtime-inference/test/vllm.test.ts', title: 'access token' },
  },
  {
    id: 'head-19',
    says: 'the ConfigMap of an engine is there and its context is one the model was made for',
    at: 'otherwise',
    note: 'the context is the planner’s; what else a ConfigMap may say is the runtime’s to check',
  },
  {
    id: 'head-21',
    says: 'addresses of data are public',
    at: 'admission',
    breaches: [
      'localhost',
      'x.localhost',
      'metadata.google.internal',
      'instance-data.ec2.internal',
      '169.254.169.254',
      '10.0.0.1',
      '[::1]',
    ].map((host) => ({ object: tuning({ input: { urls: [`http://${host}/x`] } }), field: 'tuning.input.urls[0]' })),
  },
  {
    id: 'head-23',
    says: 'tuning takes whole GPUs',
    at: 'admission',
    breaches: [
      {
        object: tuning({}, { resource: { labelSelector, partition: { mode: 'accelerator', count: 1 } } }),
        field: 'resource.partition',
      },
    ],
  },
  {
    id: 'head-24',
    says: 'an adapter comes from an image or a volume',
    at: 'admission',
    breaches: [
      {
        object: adapter({ source: { name: 'a', urls: ['https://example.com/a'] } }),
        field: 'inference.adapters[0].source.urls',
      },
      { object: adapter({ source: { name: 'A_B', image: 'x/y:1' } }), field: 'inference.adapters[0].source.name' },
    ],
  },
  {
    id: 'head-25, head-26',
    says: 'streaming of weights needs its driver, and is not switched later',
    at: 'otherwise',
    note: 'weights are not streamed; the annotations are named in a warning as having no effect',
  },
];
