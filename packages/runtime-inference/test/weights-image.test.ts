import { type KubeObject, plan } from '@kaito-sdk/core';
import { VllmRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { type Asked, aWorkspace, catalogs } from './fixtures.js';

const IMAGE = 'registry.example/models/phi-3:1';

function decide(value: string | undefined, { imageVolumes = false, ...more }: Asked & { imageVolumes?: boolean } = {}) {
  const runtime = new VllmRuntime({ adapters: { imageVolumes } });
  const annotations: Record<string, string> = value === undefined ? {} : { 'kaito.sh/weights-image': value };
  const workspace = aWorkspace({ instanceType: 'Standard_NC4as_T4_v3', annotations, ...more });
  return { runtime, workspace, decision: plan(workspace, { ...catalogs, runtimes: [runtime] }) };
}

function rendered(value: string | undefined, imageVolumes = false) {
  const { runtime, workspace, decision } = decide(value, { imageVolumes });
  if (!decision.feasible) throw new Error(decision.message);
  const { spec } = runtime.render(decision, workspace).find(({ kind }) => kind === 'Deployment') as KubeObject;
  // biome-ignore lint/suspicious/noExplicitAny: reaching into an object of unknown depth is what these tests do
  return { decision, pod: JSON.parse(JSON.stringify((spec as any).template.spec)) };
}

describe('the weights of vllm', () => {
  it('come from the hub at the pinned commit, unless an image is named', () => {
    const { decision, pod } = rendered(undefined);
    const [engine] = pod.containers;
    expect(decision.engine.weights).to.equal('hub');
    expect(engine.args[0]).to.equal('microsoft/Phi-3-mini-4k-instruct');
    expect(engine.args[engine.args.indexOf('--revision') + 1])
      .to.equal(decision.model.revision)
      .and.match(/^[0-9a-f]{40}$/);
  });

  it('come as an image volume where the cluster has such, and the Plan says so', () => {
    const { decision, pod } = rendered(`${IMAGE}!/workspace/weights`, true);
    const [engine] = pod.containers;
    expect(engine.args[0]).to.equal('/mnt/model/workspace/weights');
    expect(engine.args).not.to.include('--revision');
    expect(pod.volumes).to.deep.include({ name: 'model', image: { reference: IMAGE, pullPolicy: 'IfNotPresent' } });
    expect(engine.volumeMounts).to.deep.include({ name: 'model', mountPath: '/mnt/model', readOnly: true });
    expect(pod).not.to.have.property('initContainers');
    expect(decision.engine.weights).to.equal('image');
    expect(decision.model).not.to.have.property('revision');
    expect(decision.warnings.map(({ message }) => message)).to.include(
      `The weights come from /workspace/weights of ${IMAGE}: the kubelet mounts it as an image volume.`,
    );
    expect(decision.unchecked).to.include(
      `whether /workspace/weights of ${IMAGE} holds phi-3-mini-4k-instruct, and which revision of it`,
    );
  });

  it("are copied by the image's own shell elsewhere, and the Plan says so", () => {
    const { decision, pod } = rendered(IMAGE);
    const [engine] = pod.containers;
    expect(engine.args[0]).to.equal('/mnt/model');
    expect(engine.env).to.deep.include({ name: 'HF_HUB_OFFLINE', value: '1' });
    expect(pod.initContainers[0]).to.deep.include({
      image: IMAGE,
      command: ['/bin/sh', '-c', 'cp -R /data/. /mnt/model/'],
      volumeMounts: [{ name: 'model', mountPath: '/mnt/model' }],
    });
    expect(pod.volumes).to.deep.include({ name: 'model', emptyDir: {} });
    expect(decision.warnings.map(({ message }) => message).join()).to.match(/copies them with the image's own shell/);
  });

  it('need no token of the hub when they come from an image', () => {
    const gated = structuredClone({ ...catalogs.presets[0]! });
    const model = gated.models.find(({ name }) => name === 'phi-3-mini-4k-instruct')!;
    (model as { weights: object }).weights = { ...model.weights, gated: true };
    const decided = (value?: string) => {
      const { runtime, workspace } = decide(value);
      return plan(workspace, { ...catalogs, presets: [gated], runtimes: [runtime] }).feasible;
    };
    expect([decided(), decided(IMAGE)]).to.deep.equal([false, true]);
  });

  for (const value of ['', 'a b', `${IMAGE}!data`, `${IMAGE}!/data/../etc`]) {
    it(`are refused where the annotation is "${value}"`, () => {
      const { decision } = decide(value);
      expect(decision.feasible ? '' : decision.message).to.match(/kaito\.sh\/weights-image is no image/);
    });
  }
});
