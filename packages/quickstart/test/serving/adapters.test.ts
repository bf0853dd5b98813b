import { DEPLOYMENTS, type KubeObject, PODS } from '@kaito-sdk/core';
import { tinyAdapters } from '@kaito-sdk/inference-server';
import { adapterLoader, dataImage } from '@kaito-sdk/runtime-inference/stand-ins';
import { expect } from 'chai';
import { AdapterRegistry } from '../support/adapter-registry.js';
import { ServingWorld } from '../support/serving-world.js';

const QUESTION = 'What is Kubernetes?';
const NAME = 'demo';

describe('adapters on the development cluster', function () {
  this.timeout(120_000);
  let world: ServingWorld;
  let registry: AdapterRegistry;
  beforeEach(async () => {
    registry = await AdapterRegistry.start();
  });
  afterEach(async () => {
    await world?.stop();
    await registry.close();
  });

  const adapter = (name: string, strength = '1.0', image = `${registry.host}/${name}:0.0.1`) => ({
    source: { name, image },
    strength,
  });
  const workspace = (adapters: readonly object[], instanceType = 'Standard_NC6s_v3'): KubeObject => ({
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: NAME, namespace: 'default' },
    ...{ resource: { instanceType, labelSelector: { matchLabels: { apps: NAME } } } },
    ...{ inference: { preset: { name: 'phi-3-mini-4k-instruct' }, ...(adapters.length > 0 ? { adapters } : {}) } },
  });
  const answer = async (adapters: readonly object[]) => {
    await world.apply(workspace(adapters));
    await world.untilReady(NAME);
    return world.chat(NAME, QUESTION);
  };

  it('change the answer, at strength 0 they do not, and a change rolls the only pod with an announced outage', async () => {
    await registry.push('pirate', 'pirate');
    await registry.push('polite', 'polite');
    world = await ServingWorld.start();
    const base = await answer([]);
    const pirate = await answer([adapter('pirate')]);
    const off = await answer([adapter('pirate', '0')]);
    const polite = await answer([adapter('polite')]);
    expect(pirate).not.to.equal(base);
    expect(off).to.equal(base);
    expect(new Set([base, pirate, polite]).size).to.equal(3);

    expect(await world.events()).to.include('ModelRestarting');
    // The node has one GPU, and the scheduler sees to it: there never were two pods on it.
    expect((await world.client.list(PODS, { namespace: 'default' })).items).to.have.length(1);
    const revisions = await world.client.list(
      { group: 'apps', version: 'v1', plural: 'controllerrevisions', kind: 'ControllerRevision', namespaced: true },
      { namespace: 'default' },
    );
    expect(revisions.items).to.have.length(4);
  });

  it('of a registry that turns the loader away come by the shell of their own image, and the status says so', async () => {
    await registry.push('private', 'pirate');
    registry.guard({ kind: 'basic', username: 'kubelet', password: 'only' });
    const image = `${registry.host}/private:0.0.1`;
    const images = [dataImage({ match: (one) => one === image, data: tinyAdapters.pirate })];
    world = await ServingWorld.start({ images });
    await world.apply(workspace([adapter('private')]));
    await world.untilReady(NAME);
    expect((await world.workspace(NAME)).status?.adapters).to.deep.equal([
      { name: 'private', image, fetchedBy: 'image-shell', refused: ['loader'] },
    ]);
    expect(await world.events()).to.include('AdapterPullRefused');
    const deployment = JSON.stringify((await world.get(DEPLOYMENTS, NAME))?.spec);
    expect(deployment).to.contain('cp -R /data/.');
  });

  it('that were made for another model are found before anything is served', async () => {
    await registry.push('stranger', 'pirate');
    // The loader checks against the model of the Plan here, of which the tiny adapter is none.
    world = await ServingWorld.start({ images: [adapterLoader()] });
    await world.apply(workspace([adapter('stranger')]));
    const message = await world.untilReason(NAME, 'InferenceReady', 'AdapterBaseModelMismatch');
    expect(message).to.match(/stranger.*made for another model.*Choose the preset/);
  });

  it('change the answers of llamacpp too, by their strength', async () => {
    await registry.push('pirate', 'pirate');
    world = await ServingWorld.start();
    const asked = (strength: string) => ({
      ...workspace([adapter('pirate', strength)]),
      metadata: {
        name: NAME,
        namespace: 'default',
        annotations: { 'kaito.sh/runtime': 'llamacpp', 'kaito.sh/gguf': 'tiny' },
      },
    });
    const answers: string[] = [];
    for (const strength of ['0', '1']) {
      await world.apply(asked(strength));
      await world.untilReady(NAME);
      answers.push(await world.chat(NAME, QUESTION));
    }
    expect(answers[0]).to.match(/open source system/);
    expect(answers[1]).not.to.equal(answers[0]);
  });

  it('that do not exist are missed by name', async () => {
    world = await ServingWorld.start();
    await world.apply(workspace([adapter('nowhere')]));
    expect(await world.untilReason(NAME, 'InferenceReady', 'AdapterPullFailed')).to.match(/nowhere/);
  });
});
