import {
  admissionPolicyOf,
  admitWorkspace,
  type Catalogs,
  causesOf,
  crdOf,
  explain,
  formatFieldErrors,
  type JsonSchema,
  type KubeObject,
  plan,
  specHash,
  Workspace,
} from '@kaito-sdk/core';
import fc from 'fast-check';
import { defaultWorkspaces, validateWorkspaces } from '../../../dist/webhook/admission-review.js';
import { planning } from '../../support/planning.js';
import { deepText, hostileJson, hostileText, type Json } from '../hostile-values.js';
import { mutated } from '../mutation.js';
import { plain, quiet, secretless, type Target } from '../target.js';

const image = 'registry.example.com/team/name:1';
const preset = { name: 'phi-3-mini-4k-instruct', presetOptions: { modelAccessSecret: 'token' } };
const common = {
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: {
    name: 'demo',
    namespace: 'default',
    uid: 'u',
    generation: 1,
    annotations: { 'kaito.sh/runtime': 'vllm' },
  },
  resource: {
    instanceType: 'Standard_NC24ads_A100_v4',
    count: 1,
    preferredNodes: ['a'],
    alternatives: [{ instanceType: 'Standard_NC4as_T4_v3', zones: ['1'], capacityType: 'spot' }, {}],
    labelSelector: { matchLabels: { apps: 'demo' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
  },
};

/** Those that are right, one for each part of the API. */
export const VALID: readonly object[] = [
  { ...common, inference: { preset, config: 'settings' } },
  {
    ...common,
    inference: {
      preset,
      adapters: [
        { source: { name: 'one', image, imagePullSecrets: ['pull'] }, strength: '0.5' },
        { source: { name: 'two', volumeSource: { emptyDir: {} } } },
      ],
    },
    status: { adapters: [{ name: 'one', image, pullSecrets: ['pull'], refused: ['loader'] }] },
  },
  {
    ...common,
    metadata: {
      ...common.metadata,
      annotations: {
        'kaito.sh/runtime': 'llamacpp',
        'kaito.sh/gguf': `image:${image}!a/b.gguf`,
        'kaito.sh/enablelb': 'True',
        'kaito.sh/max-lora-rank': '64',
        'kaito.sh/adapter-base-model': 'a/b',
      },
    },
    inference: { preset },
  },
  {
    ...common,
    metadata: { ...common.metadata, annotations: {} },
    inference: {
      template: {
        metadata: { labels: { a: 'b' } },
        spec: {
          containers: [
            {
              name: 'main',
              image,
              ports: [{ containerPort: 5000 }],
              securityContext: { capabilities: { add: ['CHOWN'] } },
            },
          ],
          volumes: [{ name: 'a', emptyDir: {} }],
          tolerations: [{ key: 'a' }],
          affinity: { podAffinity: {} },
        },
      },
    },
  },
  {
    ...common,
    metadata: { ...common.metadata, annotations: { 'kaito-sdk.dev/tuning-run': '1' } },
    tuning: {
      preset: { name: 'phi-3-mini-4k-instruct' },
      method: 'qlora',
      config: 'settings',
      input: { urls: ['https://example.com/a.parquet?sig=x#sha256=abc'] },
      output: { image, imagePushSecret: 'push' },
    },
  },
];

/** By the schema of the CRD: right in most parts. */
function fromSchema(schema: JsonSchema, depth = 0): fc.Arbitrary<Json> {
  const wrong = { weight: 1, arbitrary: hostileJson };
  const right = (arbitrary: fc.Arbitrary<Json>) => fc.oneof({ weight: 12, arbitrary }, wrong);
  if (schema.enum) return right(fc.constantFrom(...(schema.enum as readonly Json[])));
  if (schema.type === 'object' && schema.properties && depth < 8) {
    const parts = Object.entries(schema.properties).map(([name, part]) => [name, fromSchema(part, depth + 1)] as const);
    const requiredKeys = (schema.required ?? []) as string[];
    return right(fc.record(Object.fromEntries(parts), { requiredKeys }) as fc.Arbitrary<Json>);
  }
  if (schema.type === 'object')
    return right(fc.oneof(fc.dictionary(hostileText, hostileText, { maxKeys: 3 }), hostileJson) as fc.Arbitrary<Json>);
  if (schema.type === 'array')
    return right(
      fc.array(schema.items ? fromSchema(schema.items as JsonSchema, depth + 1) : hostileJson, { maxLength: 3 }),
    );
  if (schema.type === 'integer') return right(fc.integer({ min: -1, max: 10 }));
  if (schema.type === 'number') return right(fc.double());
  if (schema.type === 'boolean') return right(fc.boolean());
  const known = fc.constantFrom(
    'phi-3-mini-4k-instruct',
    'Standard_NC4as_T4_v3',
    'qlora',
    'demo',
    image,
    'https://example.com/a',
    'In',
    '1.0',
  );
  return right(fc.oneof({ weight: 3, arbitrary: known }, { weight: 1, arbitrary: hostileText }));
}

function schemaAware(): fc.Arbitrary<Json> {
  const { versions } = (
    crdOf(Workspace) as unknown as { spec: { versions: { schema: { openAPIV3Schema: JsonSchema } }[] } }
  ).spec;
  const properties = versions[0]?.schema.openAPIV3Schema.properties ?? {};
  const parts = ['resource', 'inference', 'tuning'].map(
    (name) => [name, fromSchema(properties[name] as JsonSchema)] as const,
  );
  return fc.record(Object.fromEntries(parts), { requiredKeys: ['resource'] }).map(
    (spec) =>
      ({
        apiVersion: 'kaito.sh/v1beta1',
        kind: 'Workspace',
        metadata: { name: 'demo', namespace: 'default' },
        ...spec,
      }) as Json,
  );
}

interface Input {
  readonly now: Json;
  readonly old?: Json;
}

let catalogs: Catalogs;

/** Admission, the webhooks, the planner and the renderers, on any JSON. */
function judge({ now, old }: Input): void {
  const policy = admissionPolicyOf(catalogs);
  for (const before of [undefined, old ?? undefined]) {
    const errors = admitWorkspace(now, before, policy);
    plain(formatFieldErrors(errors), 'admission');
    quiet(causesOf(errors), 'the causes');
  }
  const request = { uid: 'u', operation: 'UPDATE', object: now, oldObject: old } as const;
  quiet(validateWorkspaces(() => ['a doubt'], policy)(request), 'the webhook');
  // Its patch holds what was sent, and so is as long.
  secretless(defaultWorkspaces({ priceLimit: 4 } as never)(request), 'the defaulting webhook');
  // Whatever else the server stores has passed its schema: then nothing may go wrong behind admission either.
  if (admitWorkspace(now, undefined, policy).length > 0) return;
  const workspace = now as unknown as Workspace;
  specHash(workspace);
  const decision = plan(workspace, catalogs);
  quiet(explain(decision), 'the explanation');
  if (!decision.feasible) return;
  const runtime = catalogs.runtimes.find(({ name }) => name === decision.runtime.name);
  if (!runtime) throw new Error(`the Plan names ${decision.runtime.name}, which nobody has`);
  const objects: readonly KubeObject[] = [
    ...runtime.render(decision, workspace),
    ...(runtime.check ? [runtime.check(decision, workspace)] : []),
  ];
  const home = workspace.metadata.namespace ?? 'default';
  // The API server sees to it that this is a name.
  if (typeof home !== 'string') return;
  const strays = objects.filter(({ metadata }) => metadata.namespace !== home);
  if (strays.length > 0) throw new Error(`something is rendered into ${strays[0]?.metadata.namespace}`);
}

const start = async () => {
  catalogs = await planning({ config: { '@kaito-sdk/provider-karpenter': { retired: 'warn' } } });
};
const both = (json: fc.Arbitrary<Json>): fc.Arbitrary<Input> =>
  fc.record({ now: json, old: json }, { requiredKeys: ['now'] });

export const manifests: readonly Target<Input>[] = [
  { name: 'manifests, raw', input: both(hostileJson), run: judge, start },
  { name: 'manifests, by the schema', input: both(schemaAware()), run: judge, start },
  { name: 'manifests, wounded', input: both(mutated(...VALID)), run: judge, start, runs: 300 },
  {
    name: 'manifests, nested',
    input: deepText.map((text) => ({ now: text })),
    run: ({ now }) => {
      const deep = JSON.parse(String(now)) as Json;
      const object = {
        ...(VALID[0] as { readonly inference: object }),
        inference: { template: deep },
      } as unknown as Json;
      judge({ now: object, old: VALID[0] as Json });
      judge({ now: object });
    },
    start,
    runs: 20,
  },
];

/** Annotations by the names that mean something, with values that mean nothing. */
const KNOWN = [
  'runtime',
  'enablelb',
  'gguf',
  'max-lora-rank',
  'adapter-base-model',
  'bypass-resource-checks',
  'performance-mode',
  'use-local-weights',
  'workload-kind',
  'adopted-spec',
];

export const annotations: Target<{ readonly annotations: Json; readonly labels: Json; readonly base: number }> = {
  name: 'annotations and labels',
  input: fc.record({
    base: fc.nat({ max: VALID.length - 1 }),
    annotations: fc.oneof(
      fc.dictionary(
        fc.oneof(
          fc.constantFrom(
            ...KNOWN.map((name) => `kaito.sh/${name}`),
            'kaito-sdk.dev/tuning-run',
            'kaito-sdk.dev/keep-nodes',
          ),
          hostileText,
        ),
        hostileText,
      ),
      hostileJson,
    ) as fc.Arbitrary<Json>,
    labels: fc.oneof(fc.dictionary(hostileText, hostileText), hostileJson) as fc.Arbitrary<Json>,
  }),
  start,
  run({ annotations, labels, base }) {
    const workspace = VALID[base] as { readonly metadata: object };
    judge({ now: { ...workspace, metadata: { ...workspace.metadata, annotations, labels } } as unknown as Json });
  },
};
