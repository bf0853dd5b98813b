import { type KubeObject, PODS } from '@kaito-sdk/core';
import { type ContainerStart, standIns } from '@kaito-sdk/inference-server/stand-ins';
import { expect } from 'chai';
import { AdapterRegistry } from '../support/adapter-registry.js';
import { ServingWorld } from '../support/serving-world.js';

const QUESTION = 'What is Kubernetes?';
const NAME = 'demo';

describe('adapters that are exchanged under a running engine', function () {
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

  const adapter = (name: string, image = name, strength = '1.0') => ({
    source: { name, image: `${registry.host}/${image}:0.0.1` },
    strength,
  });
  const workspace = (adapters: readonly object[], annotations: Readonly<Record<string, string>> = {}): KubeObject => ({
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: {
      name: NAME,
      namespace: 'default',
      annotations: { 'kaito.sh/adapter-base-model': 'kaito-tiny-phi3', ...annotations },
    },
    ...{ resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: NAME } } } },
    ...{ inference: { preset: { name: 'phi-3-mini-4k-instruct' }, adapters } },
  });
  const serve = async (adapters: readonly object[], annotations: Readonly<Record<string, string>> = {}) => {
    await world.apply(workspace(adapters, annotations));
    await world.untilReady(NAME);
  };
  const pod = async (): Promise<{ readonly uid: string; readonly restarts: readonly number[] }> => {
    const { items } = await world.client.list(PODS, { namespace: 'default' });
    expect(items).to.have.length(1);
    const { containerStatuses = [] } = (items[0]?.status ?? {}) as { containerStatuses?: { restartCount: number }[] };
    return { uid: items[0]?.metadata.uid ?? '', restarts: containerStatuses.map(({ restartCount }) => restartCount) };
  };
  const by = async (model: string): Promise<string> => {
    const messages = [{ role: 'user', content: QUESTION }];
    const { status, body } = await world.post(NAME, '/v1/chat/completions', { model, messages, temperature: 0 });
    if (status !== 200) throw new Error(`${status}: ${body}`);
    return (JSON.parse(body) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
  };

  /** Somebody who asks without a pause, until told to stop, and then once more. Answers everything that was answered, in order. */
  function asking(ask: () => Promise<string>): () => Promise<readonly string[]> {
    let over = false;
    const answers: string[] = [];
    const asked = (async () => {
      while (!over) answers.push(await ask());
      // The one before may have been asked before the end of what was waited for.
      answers.push(await ask());
    })();
    return async () => {
      over = true;
      await asked;
      return answers;
    };
  }

  it('change the answers without a lost request, another pod or a restart, and the status has their digest', async () => {
    await registry.push('pirate', 'pirate');
    const digest = await registry.push('polite', 'polite');
    world = await ServingWorld.start();
    await serve([adapter('voice', 'pirate')]);
    const before = await pod();
    expect(before.restarts).to.deep.equal([0, 0]);
    const pirate = await world.chat(NAME, QUESTION);
    expect(pirate).to.match(/^Arr, matey!/);
    const stops = [asking(() => world.chat(NAME, QUESTION)), asking(() => by('voice'))];

    await serve([adapter('voice', 'polite')]);
    for (const stop of stops) {
      const answers = await stop();
      // Each by one adapter or by the other, in that order, and none by neither.
      const kinds = answers.map((text) =>
        /^Arr, matey!/.test(text) ? 'pirate' : / Thank you for asking!$/.test(text) ? 'polite' : text,
      );
      expect([...new Set(kinds)]).to.deep.equal(['pirate', 'polite']);
      expect(kinds.lastIndexOf('pirate')).to.be.below(kinds.indexOf('polite'));
    }
    expect(await world.chat(NAME, QUESTION)).to.match(/ Thank you for asking!$/);
    expect(await pod()).to.deep.equal(before);
    expect((await world.workspace(NAME)).status?.adapters).to.deep.equal([
      { name: 'voice', image: `${registry.host}/polite:0.0.1`, digest, fetchedBy: 'no credentials' },
    ]);
    expect(await world.events())
      .to.include('AdaptersExchanged')
      .and.not.to.include('ModelRestarting');

    await serve([adapter('voice', 'polite', '0')]);
    expect(await world.chat(NAME, QUESTION)).to.equal(await by('phi-3-mini-4k-instruct'));
    expect(await pod()).to.deep.equal(before);
  });

  it('come and go within the slots that were asked for', async () => {
    await registry.push('pirate', 'pirate');
    await registry.push('polite', 'polite');
    world = await ServingWorld.start();
    const slots = { 'kaito.sh/max-loras': '3' };
    await serve([adapter('pirate')], slots);
    const before = await pod();
    await serve([adapter('pirate'), adapter('polite')], slots);
    expect(await by('pirate')).to.match(/^Arr, matey!/);
    expect(await by('polite')).to.match(/ Thank you for asking!$/);
    await serve([adapter('polite')], slots);
    expect(await by('pirate').catch(String)).to.match(/404/);
    expect(await pod()).to.deep.equal(before);
  });

  it('are the old ones until the new ones pass every check, with the reason in the status', async () => {
    await registry.push('pirate', 'pirate');
    world = await ServingWorld.start();
    await serve([adapter('voice', 'pirate')]);
    const before = await pod();
    await world.apply(workspace([adapter('voice', 'nowhere')]));
    const message = await world.untilReason(NAME, 'InferenceReady', 'AdapterPullFailed');
    expect(message).to.match(
      /adapter voice: .*\/nowhere:0\.0\.1 cannot be pulled.* The adapters from before are served meanwhile\.$/,
    );
    expect(await world.chat(NAME, QUESTION)).to.match(/^Arr, matey!/);
    // The model answers, so its node is kept.
    expect((await world.workspace(NAME)).status?.attempts?.map(({ stage }) => stage)).to.deep.equal(['ready']);
    await serve([adapter('voice', 'pirate', '0')]);
    expect(await pod()).to.deep.equal(before);
  });

  it('make another pod, with the outage announced, where the engine was not started for so many', async () => {
    await registry.push('pirate', 'pirate');
    await registry.push('polite', 'polite');
    world = await ServingWorld.start();
    await serve([adapter('pirate')]);
    const before = await pod();
    await serve([adapter('pirate'), adapter('polite')]);
    expect((await pod()).uid).not.to.equal(before.uid);
    expect(await world.events()).to.include('ModelRestarting');
    expect(await by('polite')).to.match(/ Thank you for asking!$/);
  });

  it('come with another pod from then on where the engine refuses to exchange them', async () => {
    await registry.push('pirate', 'pirate');
    await registry.push('polite', 'polite');
    const [, vllm] = standIns();
    const without = ({ env: { VLLM_ALLOW_RUNTIME_LORA_UPDATING: _, ...env }, ...container }: ContainerStart) => ({
      ...container,
      env,
    });
    const stubborn = {
      ...vllm!,
      start: (container: ContainerStart) => vllm!.start(without(container) as ContainerStart),
    };
    world = await ServingWorld.start({ images: [stubborn] });
    await serve([adapter('voice', 'pirate')]);
    expect(await world.chat(NAME, QUESTION)).to.match(/^Arr, matey!/);
    const { liveAdapters } = (await world.workspace(NAME)).status!;
    expect(liveAdapters?.refusedBy).to.match(/vllm-openai/);
    await serve([adapter('voice', 'polite')]);
    expect(await world.chat(NAME, QUESTION)).to.match(/ Thank you for asking!$/);
  });
});
