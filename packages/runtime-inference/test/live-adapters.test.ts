import { readFileSync, writeFileSync } from 'node:fs';
import { type KubeObject, type Plan, plan, type Workspace } from '@kaito-sdk/core';
import { VllmRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { fingerprintOf } from '../dist/loader/fingerprint.js';
import { readDocument } from '../dist/loader/read-document.js';
import { aWorkspace, catalogs } from './fixtures.js';

interface Adapter {
  readonly name: string;
  readonly tag?: string;
  readonly strength?: string;
  readonly secret?: string;
}

const runtime = new VllmRuntime();
const given = { ...catalogs, runtimes: [runtime] };

function asked(adapters: readonly Adapter[], more: { annotations?: Record<string, string>; count?: number } = {}) {
  const workspace = aWorkspace({ instanceType: 'Standard_NC24ads_A100_v4', ...more });
  const items = adapters.map(({ name, tag = '1', strength = '1.0', secret }) => ({
    source: {
      name,
      image: `registry.example/${name}:${tag}`,
      ...(secret === undefined ? {} : { imagePullSecrets: [secret] }),
    },
    strength,
  }));
  return { ...workspace, inference: { ...workspace.inference, adapters: items } } as Workspace;
}

function rendered(workspace: Workspace, by = runtime) {
  const decision = plan(workspace, { ...given, runtimes: [by] });
  if (!decision.feasible) throw new Error(decision.message);
  const objects = by.render(decision, workspace);
  const of = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name) as KubeObject | undefined;
  return { decision: decision as Plan, objects, of };
}

const NAME = 'workspace-phi-3-mini';
// biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth is what these tests do
const templateOf = (workspace: Workspace): any => {
  const { template } = rendered(workspace).of('Deployment', NAME)!.spec as { template: object };
  return JSON.parse(JSON.stringify(template));
};
const textOf = (workspace: Workspace) => {
  const data = rendered(workspace).of('ConfigMap', `${NAME}-adapters`)!.data as Record<string, string>;
  return data['adapters.json']!;
};

describe('adapters that are exchanged under vLLM', () => {
  const one = [{ name: 'one' }];

  it('are rendered as it is stored and was reviewed', () => {
    const { objects } = rendered(
      asked([
        { name: 'one', secret: 'pull' },
        { name: 'two', strength: '0.5' },
      ]),
    );
    const text = JSON.stringify(objects, (key, value) => (key === 'kaito_chat.py' ? 'as it lies in assets' : value));
    const file = new URL('../test/golden/phi-3-mini-4k-on-a100-with-adapters.json', import.meta.url);
    // The file is that of the middleware, whose digest stands elsewhere.
    const stable = text.replace(/"kaito\.sh\/chat-hash":"[0-9a-f]+"/, '"kaito.sh/chat-hash":"of the file"');
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, `${JSON.stringify(JSON.parse(stable), null, 2)}\n`);
    expect(JSON.parse(stable)).to.deep.equal(JSON.parse(readFileSync(file, 'utf8')));
  });

  it('lie beside the pods in a ConfigMap, and a change of them is none of the pods', () => {
    const before = templateOf(asked(one));
    for (const [what, changed] of [
      ['another image', [{ name: 'one', tag: '2' }]],
      ['another strength', [{ name: 'one', strength: '0.5' }]],
      ['another name', [{ name: 'other' }]],
    ] as const) {
      expect(templateOf(asked(changed)), what).to.deep.equal(before);
      expect(textOf(asked(changed)), what).not.to.equal(textOf(asked(one)));
    }
  });

  it('make new pods where the engine was not started for them', () => {
    const before = templateOf(asked(one));
    for (const [what, changed] of [
      ['one more', asked([...one, { name: 'two' }])],
      ['a wider one', asked(one, { annotations: { 'kaito.sh/max-lora-rank': '8' } })],
      ['another pull secret', asked([{ name: 'one', secret: 'mine' }])],
    ] as const)
      expect(templateOf(changed), what).not.to.deep.equal(before);
  });

  it('may come and go within the slots that were asked for, which are planned for', () => {
    const slots = { annotations: { 'kaito.sh/max-loras': '4' } };
    const before = templateOf(asked(one, slots));
    expect(templateOf(asked([...one, { name: 'two' }, { name: 'three' }], slots))).to.deep.equal(before);
    const args: string[] = before.spec.containers[0].args;
    expect(args[args.indexOf('--max-loras') + 1]).to.equal('4');
    const { parts } = rendered(asked(one, slots)).decision.memory;
    expect(parts.find(({ name }) => name === 'adapters')?.source).to.match(/^4 of rank 64/);
    const codes = (value: string) =>
      rendered(asked(one, { annotations: { 'kaito.sh/max-loras': value } })).decision.warnings.map(({ code }) => code);
    expect(codes('12')).to.include('AnnotationIgnored');
    expect(codes('11')).not.to.include('AnnotationIgnored');
    const none = rendered(asked([], { annotations: { 'kaito.sh/max-loras': '4' } })).decision;
    expect(none.warnings.map(({ message }) => message).join()).to.match(/max-loras counts only with an adapter/);
  });

  it('are told to the loader and to a sidecar by the same file, and the engine knows none of their names', () => {
    const { spec } = templateOf(asked([{ name: 'one' }, { name: 'two' }]));
    const [loader] = spec.initContainers;
    const [engine, sidecar] = spec.containers;
    expect(loader.args).to.deep.equal(['--document', '/mnt/adapter-document/adapters.json']);
    expect(sidecar).to.deep.include({
      name: 'adapter-sidecar',
      image: loader.image,
      command: ['kaito-adapter-loader'],
      args: [...loader.args, '--engine', 'http://127.0.0.1:5000'],
      volumeMounts: loader.volumeMounts,
    });
    expect(engine.args.join(' ')).to.contain('--enable-lora --max-loras 3 --max-lora-rank 64 --middleware');
    expect(spec.volumes).to.deep.include({ name: 'adapter-document', configMap: { name: `${NAME}-adapters` } });
    const env = (name: string) => engine.env.find((one: { name: string }) => one.name === name)?.value;
    expect(env('VLLM_ALLOW_RUNTIME_LORA_UPDATING')).to.equal('1');
    expect(env('KAITO_CHAT_MODEL')).to.equal('combined_adapter');
    const document = readDocument(textOf(asked([{ name: 'one', strength: '0.5' }])));
    expect(document).to.include({ combined: 'combined_adapter', maxRank: 64, slots: 2 });
    expect(document.adapters[0]).to.include({ name: 'one', strength: 0.5 });
  });

  it('let the pod be ready once what answers /chat is there, and be alive before', () => {
    const [engine] = templateOf(asked(one)).spec.containers;
    expect(engine.readinessProbe.httpGet.path).to.equal('/ready');
    expect(engine.livenessProbe.httpGet.path).to.equal('/health');
    expect(engine.startupProbe.httpGet.path).to.equal('/health');
  });

  for (const [title, workspace, by] of [
    ['several nodes, which are replaced one by one', asked(one, { count: 2 }), runtime],
    ['an operator that does not want it', asked(one), new VllmRuntime({ adapters: { live: false } })],
    [
      'a single adapter so wide that a second slot is dear',
      asked(one, { annotations: { 'kaito.sh/max-lora-rank': '128' } }),
      runtime,
    ],
    [
      'an engine that has refused it',
      { ...asked(one), status: { liveAdapters: { refusedBy: 'docker.io/vllm/vllm-openai:v0.25.1' } } } as Workspace,
      runtime,
    ],
  ] as const) {
    it(`come with the pods on ${title}`, () => {
      const { decision, of, objects } = rendered(workspace, by);
      expect(decision.engine.adapters).not.to.have.property('live');
      expect(by.liveAdapters.wanted(decision)).to.equal(undefined);
      expect(of('ConfigMap', `${NAME}-adapters`)).to.equal(undefined);
      expect(JSON.stringify(objects)).to.contain('"--lora-modules","one=/mnt/adapter/one"');
      expect(JSON.stringify(objects)).not.to.match(/RUNTIME_LORA_UPDATING|adapter-sidecar/);
    });
  }

  it('are meant by the bytes of the file, by operator and pods alike', () => {
    const workspace = asked(one);
    expect(runtime.liveAdapters.wanted(rendered(workspace).decision)).to.equal(fingerprintOf(textOf(workspace)));
  });
});

describe('what a pod says of its adapters', () => {
  const workspace = asked([{ name: 'one' }]);
  const { decision } = rendered(workspace);
  const wanted = runtime.liveAdapters.wanted(decision)!;
  const pod = (document: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    status: {
      initContainerStatuses: [
        {
          name: 'adapter-loader',
          state: {
            terminated: {
              exitCode: 0,
              message: JSON.stringify({
                document,
                adapters: [{ name: 'one', by: 'no credentials', digest: 'sha256:1' }],
              }),
            },
          },
        },
      ],
    },
  });

  it('is what it began with, until they were exchanged', () => {
    expect(runtime.liveAdapters.began(pod(wanted))).to.equal(wanted);
    const seen = (document: string) => runtime.adapters({ plan: decision, objects: [], pods: [pod(document)] });
    expect(seen(wanted)).to.deep.equal([{ name: 'one', fetchedBy: 'no credentials', digest: 'sha256:1' }]);
    expect(seen('another')).to.deep.equal([]);
  });

  const line = (words: object) => runtime.logs.read(JSON.stringify({ kaitoAdapters: { document: wanted, ...words } }));

  it('is a line of the sidecar with the digest of each', () => {
    expect(
      line({ adapters: [{ name: 'one', by: 'pull secret s', digest: 'sha256:2', rank: 8 }] })?.adapters,
    ).to.deep.equal({
      fingerprint: wanted,
      adapters: [{ name: 'one', fetchedBy: 'pull secret s', digest: 'sha256:2' }],
    });
    expect(runtime.logs.read('GET /health 200')).to.equal(undefined);
    expect(runtime.logs.read('{"level":"info"}')).to.equal(undefined);
  });

  it('is why they are not served, and whether the registry or the engine has refused', () => {
    const failed = (code: string) => line({ failed: { code, adapter: 'one', message: 'it is so' } })?.adapters;
    expect(failed('BASE_MODEL_MISMATCH')).to.deep.equal({
      fingerprint: wanted,
      adapters: [],
      failure: { reason: 'AdapterBaseModelMismatch', message: 'adapter one: it is so.' },
    });
    expect(failed('PULL_REFUSED')?.adapters).to.deep.equal([{ name: 'one', refused: ['loader'] }]);
    expect(failed('ENGINE_REFUSED')).to.include({ refused: true });
    expect(failed('FAILED')?.failure?.reason).to.equal('AdapterLoadFailed');
  });
});
