import { type AdapterStatus, type KubeObject, type Plan, plan, type Workspace } from '@kaito-sdk/core';
import { PresetImageRuntime, VllmRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { readDocument } from '../dist/loader/read-document.js';
import { aWorkspace, catalogs } from './fixtures.js';

type Adapter = { readonly source?: object; readonly strength?: string };
const fromImage = (name: string, more: object = {}, strength?: string): Adapter => ({
  source: { name, image: `registry.example/team/${name}:1`, ...more },
  ...(strength === undefined ? {} : { strength }),
});
const V100 = 'Standard_NC6s_v3';
const T4 = 'Standard_NC4as_T4_v3';

interface Asked {
  readonly adapters: readonly Adapter[];
  readonly instanceType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly known?: readonly AdapterStatus[];
  readonly imageVolumes?: boolean;
  readonly live?: boolean;
}

function asked({ adapters, instanceType = V100, annotations, known }: Asked): Workspace {
  const workspace = aWorkspace({ instanceType, ...(annotations ? { annotations } : {}) });
  return {
    ...workspace,
    inference: { ...workspace.inference, adapters: [...adapters] as never },
    ...(known ? { status: { adapters: [...known] } } : {}),
  };
}

function decide(what: Asked) {
  const adapters = { imageVolumes: what.imageVolumes ?? false, live: what.live ?? false };
  const runtimes = [new PresetImageRuntime({ adapters }), new VllmRuntime({ adapters })];
  const workspace = asked(what);
  return { decision: plan(workspace, { ...catalogs, runtimes }), runtimes, workspace };
}

function aPlan(what: Asked): Plan {
  const { decision } = decide(what);
  if (!decision.feasible) throw new Error(`expected a Plan, got ${decision.code}: ${decision.message}`);
  return decision;
}

// biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth is what these tests do
function podOf(what: Asked): any {
  const decision = aPlan(what);
  const { runtimes, workspace } = decide(what);
  const objects = runtimes.find(({ name }) => name === decision.runtime.name)!.render(decision, workspace);
  const { spec } = objects.find(({ kind }) => kind === 'Deployment') as unknown as { spec: { template: object } };
  return JSON.parse(JSON.stringify(spec.template));
}
const loaderOf = (what: Asked) =>
  podOf(what).spec.initContainers.find(({ name }: { name: string }) => name === 'adapter-loader');
const documentOf = (what: Asked) => readDocument(loaderOf(what).args[0]);
const variableOf = (what: Asked, name: string) =>
  podOf(what).spec.containers[0].env.find((one: { name: string }) => one.name === name)?.value;

describe('adapters in the Plan', () => {
  it('are there with their strength, 1 where none is given', () => {
    const { adapters } = aPlan({ adapters: [fromImage('one'), fromImage('two', {}, '0.25')] }).engine;
    expect(adapters?.items.map(({ name, strength }) => ({ name, strength }))).to.deep.equal([
      { name: 'one', strength: 1 },
      { name: 'two', strength: 0.25 },
    ]);
  });

  for (const [title, adapters, message] of [
    ['eleven of them', Array.from({ length: 11 }, (_, i) => fromImage(`a${i}`)), /11 adapters are more than 10/],
    ['two of one name', [fromImage('one'), fromImage('one')], /two adapters are named one/],
    ['a strength above 1', [fromImage('one', {}, '1.5')], /strength "1\.5"/],
    ['no name', [{ source: { image: 'x/y:1' } }], /needs source\.name/],
    [
      'neither image nor volume',
      [{ source: { name: 'one' } }],
      /exactly one of source\.image and source\.volumeSource/,
    ],
    ['both', [fromImage('one', { volumeSource: { emptyDir: {} } })], /exactly one of/],
  ] as const) {
    it(`are refused with ${title}, whichever engine it would be`, () => {
      for (const instanceType of [V100, T4]) {
        const { decision } = decide({ adapters, instanceType });
        if (decision.feasible) throw new Error('expected a refusal');
        expect(decision.message).to.match(message);
      }
    });
  }

  it('cannot have the name of the model where requests choose by name', () => {
    const { decision } = decide({
      adapters: [fromImage('phi-3-mini-4k-instruct')],
      annotations: { 'kaito.sh/runtime': 'vllm' },
      instanceType: T4,
    });
    expect(decision.feasible ? '' : decision.message).to.match(/an adapter has the name of the model/);
  });

  it('count in the memory of vllm by the rank that it is started for', () => {
    const part = (annotations?: Readonly<Record<string, string>>, count = 1) =>
      aPlan({
        adapters: Array.from({ length: count }, (_, i) => fromImage(`a${i}`)),
        instanceType: 'Standard_NC24ads_A100_v4',
        ...(annotations ? { annotations } : {}),
      }).memory.parts.find(({ name }) => name.startsWith('adapter'))?.source;
    expect(part()).to.match(/^1 of rank 64/);
    expect(part(undefined, 2)).to.match(/^3 of rank 64/);
    expect(part(undefined, 10)).to.match(/^11 of rank 256/);
    expect(part({ 'kaito.sh/max-lora-rank': '9' })).to.match(/^1 of rank 16/);
  });

  it('warn of a rank that cannot be followed', () => {
    const codes = (rank: string) =>
      aPlan({
        adapters: [fromImage('a')],
        instanceType: T4,
        annotations: { 'kaito.sh/max-lora-rank': rank },
      }).warnings.map(({ code }) => code);
    expect(codes('many')).to.include('AnnotationIgnored');
    expect(codes('513')).to.include('AnnotationIgnored');
    expect(codes('512')).not.to.include('AnnotationIgnored');
  });
});

describe('adapters on preset-image', () => {
  it('lie in folders of their names, weighed by the variables that its server reads', () => {
    const what = { adapters: [fromImage('phi-3-adapter', {}, '0.5'), fromImage('second')] };
    const pod = podOf(what);
    const [container] = pod.spec.containers;
    expect(container.env).to.deep.equal([
      { name: 'phi-3-adapter', value: '0.5' },
      { name: 'second', value: '1' },
    ]);
    expect(container.volumeMounts).to.deep.include({
      name: 'adapter-volume',
      mountPath: '/mnt/adapter',
      readOnly: true,
    });
    expect(pod.spec.volumes).to.deep.include({ name: 'adapter-volume', emptyDir: {} });
    expect(documentOf(what).adapters).to.deep.equal([
      { name: 'phi-3-adapter', image: 'registry.example/team/phi-3-adapter:1', secrets: [] },
      { name: 'second', image: 'registry.example/team/second:1', secrets: [] },
    ]);
  });

  it('are weighed by the loader where a name cannot be that of a variable', () => {
    const what = { adapters: [fromImage('7b', {}, '0.5')] };
    expect(podOf(what).spec.containers[0]).not.to.have.property('env');
    expect(documentOf(what).adapters[0]).to.include({ strength: 0.5 });
  });

  it('leave the command of the server as it was', () => {
    const [container] = podOf({ adapters: [fromImage('one')] }).spec.containers;
    expect(container.command[2]).not.to.match(/adapter/);
  });
});

describe('adapters that come with the pods of vllm', () => {
  const adapters = [fromImage('one', {}, '0.5'), fromImage('two')];
  const argumentsOf = (what: Asked) => podOf(what).spec.containers[0].args.join(' ');

  it('are modules by their names, and one more with all of them together', () => {
    expect(argumentsOf({ adapters, instanceType: T4 })).to.contain(
      '--enable-lora --max-loras 3 --max-lora-rank 64 --lora-modules one=/mnt/adapter/one two=/mnt/adapter/two combined_adapter=/mnt/adapter/combined_adapter --middleware',
    );
    expect(argumentsOf({ adapters: [adapters[0]!], instanceType: T4 })).to.contain(
      '--enable-lora --max-loras 1 --max-lora-rank 64 --lora-modules one=/mnt/adapter/one --middleware',
    );
  });

  it('are weighed and put together by the loader, as vllm does neither', () => {
    const document = documentOf({ adapters, instanceType: T4 });
    expect(document).to.include({ combined: 'combined_adapter', maxRank: 64 });
    expect(document.adapters.map(({ strength }) => strength)).to.deep.equal([0.5, 1]);
    expect(documentOf({ adapters: [adapters[0]!], instanceType: T4 })).not.to.have.property('combined');
  });

  it('answer /chat without a model name, all of them together', () => {
    expect(variableOf({ adapters, instanceType: T4 }, 'KAITO_CHAT_MODEL')).to.equal('combined_adapter');
    expect(variableOf({ adapters: [adapters[0]!], instanceType: T4 }, 'KAITO_CHAT_MODEL')).to.equal('one');
  });

  it('leave the pods of a Workspace without any as they were', () => {
    const rendered = JSON.stringify(podOf({ adapters: [], instanceType: T4 }));
    expect(rendered).not.to.match(/lora|adapter|KAITO_CHAT_MODEL/);
  });
});

describe('how an adapter comes into the pod', () => {
  const secrets = { imagePullSecrets: ['first', 'second'] };

  it('is the loader at first, which gets the secrets of each image apart', () => {
    const what = { adapters: [fromImage('one', secrets), fromImage('two')] };
    const pod = podOf(what);
    expect(pod.spec.initContainers).to.have.length(1);
    const loader = loaderOf(what);
    expect(loader.image).to.match(/\/kaito-sdk\/adapter-loader:v\d+$/);
    expect(documentOf(what).adapters.map((one) => one.secrets)).to.deep.equal([
      [
        { name: 'first', folder: '/mnt/pull-secrets/first' },
        { name: 'second', folder: '/mnt/pull-secrets/second' },
      ],
      [],
    ]);
    expect(loader.volumeMounts).to.deep.include({
      name: 'pull-secret-1',
      mountPath: '/mnt/pull-secrets/second',
      readOnly: true,
    });
    expect(pod.spec.volumes).to.deep.include({ name: 'pull-secret-1', secret: { secretName: 'second' } });
    expect(pod.spec).not.to.have.property('imagePullSecrets');
    expect(pod.spec.containers[0].volumeMounts.map(({ name }: { name: string }) => name)).not.to.include(
      'pull-secret-0',
    );
  });

  it('is a volume that the Workspace names, read only', () => {
    const volumeSource = { persistentVolumeClaim: { claimName: 'adapters' } };
    const what = { adapters: [{ source: { name: 'one', volumeSource } }] };
    expect(podOf(what).spec.volumes).to.deep.include({ name: 'adapter-source-0', ...volumeSource });
    expect(loaderOf(what).volumeMounts).to.deep.include({
      name: 'adapter-source-0',
      mountPath: '/mnt/adapter-source/0',
      readOnly: true,
    });
    expect(documentOf(what).adapters).to.deep.equal([{ name: 'one', folder: '/mnt/adapter-source/0', by: 'volume' }]);
  });

  const image = 'registry.example/team/one:1';
  const turnedAway = (...refused: string[]) => [{ name: 'one', image, pullSecrets: ['first', 'second'], refused }];

  it("is the image's own shell where the registry turned the loader away: the kubelet has credentials of its own", () => {
    const what = { adapters: [fromImage('one', secrets)], known: turnedAway('loader') };
    const pod = podOf(what);
    expect(pod.spec.initContainers[0]).to.deep.include({
      name: 'adapter-0',
      image,
      imagePullPolicy: 'Always',
      command: ['/bin/sh', '-c', 'cp -R /data/. /mnt/adapter-source/0/'],
    });
    expect(documentOf(what).adapters).to.deep.equal([
      { name: 'one', image, folder: '/mnt/adapter-source/0', by: 'image-shell' },
    ]);
    expect(pod.spec.imagePullSecrets).to.deep.equal([{ name: 'first' }, { name: 'second' }]);
  });

  it('is an image volume before that, where the cluster is said to have them', () => {
    const what = { adapters: [fromImage('one', secrets)], known: turnedAway('loader'), imageVolumes: true };
    expect(podOf(what).spec.volumes).to.deep.include({
      name: 'adapter-source-0',
      image: { reference: image, pullPolicy: 'Always' },
    });
    expect(documentOf(what).adapters[0]).to.include({ by: 'image-volume' });
    const next = { ...what, known: turnedAway('loader', 'image-volume') };
    expect(documentOf(next).adapters[0]).to.include({ by: 'image-shell' });
  });

  it('begins anew for another image and for other secrets', () => {
    const known = turnedAway('loader');
    for (const adapter of [
      fromImage('one', { ...secrets, image: `${image}.1` }),
      fromImage('one', { imagePullSecrets: ['third'] }),
    ]) {
      expect(documentOf({ adapters: [adapter], known }).adapters[0]).not.to.have.property('by');
    }
  });

  it('gives an identity of the cloud to the loader and keeps it from the engine', () => {
    const adapters = { serviceAccount: 'puller', podLabels: { 'azure.workload.identity/use': 'true' } };
    const runtime = new PresetImageRuntime({ adapters });
    const workspace = asked({ adapters: [fromImage('one')] });
    const decision = plan(workspace, { ...catalogs, runtimes: [runtime] }) as Plan;
    const [, deployment] = runtime.render(decision, workspace) as readonly (KubeObject & { spec?: never })[];
    const { metadata, spec } = (deployment as never as { spec: { template: { metadata: object; spec: object } } }).spec
      .template;
    expect(metadata).to.deep.include({
      labels: { 'azure.workload.identity/use': 'true', 'kaito.sh/workspace': 'workspace-phi-3-mini' },
      annotations: {
        'azure.workload.identity/skip-containers': 'workspace-phi-3-mini',
        'eks.amazonaws.com/skip-containers': 'workspace-phi-3-mini',
      },
    });
    expect(spec).to.include({ serviceAccountName: 'puller', automountServiceAccountToken: false });
  });

  it('keeps it from the images whose own shell copies their files: strangers built them', () => {
    const adapters = { serviceAccount: 'puller', podLabels: { 'azure.workload.identity/use': 'true' } };
    const runtime = new PresetImageRuntime({ adapters });
    const known = [{ name: 'one', image, refused: ['loader'] }];
    const workspace = asked({ adapters: [fromImage('one'), fromImage('two')], known });
    const decision = plan(workspace, { ...catalogs, runtimes: [runtime] }) as Plan;
    const [, deployment] = runtime.render(decision, workspace) as readonly (KubeObject & { spec?: never })[];
    const { metadata, spec } = (deployment as never as { spec: { template: { metadata: object; spec: object } } }).spec
      .template;
    expect(spec).to.include({ serviceAccountName: 'puller' });
    expect(metadata).to.have.deep.property('annotations', {
      'azure.workload.identity/skip-containers': 'workspace-phi-3-mini;adapter-0',
      'eks.amazonaws.com/skip-containers': 'workspace-phi-3-mini,adapter-0',
    });
  });

  it('accepts other names of the base model from the annotation', () => {
    const annotations = { 'kaito.sh/adapter-base-model': 'someone/copy, other/copy' };
    expect(documentOf({ adapters: [fromImage('one')], annotations }).model.names).to.deep.equal([
      'phi-3-mini-4k-instruct',
      'microsoft/Phi-3-mini-4k-instruct',
      'someone/copy',
      'other/copy',
    ]);
  });
});

describe('what the pods say about adapters', () => {
  const what = { adapters: [fromImage('one'), fromImage('two')] };
  const runtime = new PresetImageRuntime();
  const pod = (state: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True' }],
      initContainerStatuses: [{ name: 'adapter-loader', ...state }],
      containerStatuses: [{ name: 'main', state: { waiting: { reason: 'PodInitializing' } } }],
    },
  });
  const terminated = (exitCode: number, message: string) => ({ terminated: { exitCode, message } });
  const observed = (state: object) => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', generation: 1 } };
    return { plan: aPlan(what), objects: [deployment], pods: [pod(state)] };
  };

  it('is the digest of each, and how it came in', () => {
    const adapters = [
      { name: 'one', by: 'pull secret first', digest: 'sha256:1', rank: 8 },
      { name: 'two', by: 'no credentials', digest: 'sha256:2', rank: 8 },
    ];
    const state = { state: terminated(0, JSON.stringify({ adapters })) };
    expect(runtime.adapters(observed(state))).to.deep.equal([
      { name: 'one', fetchedBy: 'pull secret first', digest: 'sha256:1' },
      { name: 'two', fetchedBy: 'no credentials', digest: 'sha256:2' },
    ]);
  });

  it('is that the registry turned the loader away from one of them', () => {
    const words = 'PULL_REFUSED: adapter two: registry.example/team/two:1 cannot be pulled.';
    const state = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: terminated(77, words) };
    expect(runtime.adapters(observed(state))).to.deep.equal([{ name: 'two', refused: ['loader'] }]);
    expect(runtime.assess(observed(state))).to.include({ state: 'failed', reason: 'AdapterPullRefused' });
  });

  for (const [exitCode, reason] of [
    [65, 'AdapterInvalid'],
    [66, 'AdapterUnsupported'],
    [67, 'AdapterBaseModelMismatch'],
    [69, 'AdapterPullFailed'],
  ] as const) {
    it(`becomes the reason ${reason}, with the loader's own sentence`, () => {
      const words = 'some log line\nADAPTER_UNSUPPORTED: adapter one: it is so.\n';
      expect(runtime.assess(observed({ state: terminated(exitCode, words) }))).to.deep.include({
        state: 'failed',
        reason,
      });
    });
  }

  it('is nothing while the loader is at work, or when it left no words', () => {
    expect(runtime.adapters(observed({ state: { running: {} } }))).to.deep.equal([]);
    expect(runtime.adapters(observed({ state: terminated(0, '') }))).to.deep.equal([]);
  });
});
